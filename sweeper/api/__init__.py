"""What `import sweeper` gives. The commands are this with words around it."""
