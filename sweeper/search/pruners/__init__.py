"""One file a method; `study.pruners` says which pruners there are."""
