# Below our own prefix, where bash-completion looks by itself.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = completions/mlflow-setup completions/mlflow-setup-sim
