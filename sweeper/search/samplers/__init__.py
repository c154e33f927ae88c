"""One file a sampler; `study.samplers` says which there are."""
