# The questions in mlflow-setup-answers.5, the choices in mlflow-setup-targets.7 and the words in completions/ are written by dev/gen-docs; a test says when they are out of date.
dist_man_MANS += man/mlflow-setup.1 man/mlflow-setup-sim.1 man/mlflow-setup-answers.5 man/mlflow-setup-keys.7 man/mlflow-setup-targets.7
EXTRA_DIST += man/pictures/review.svg man/pictures/build.svg man/pictures/done.svg
