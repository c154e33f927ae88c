"""How the gradients of the tasks of a step become one: PCGrad and its relatives."""
