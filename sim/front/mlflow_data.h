/* Where the simulated MLflow keeps what was logged: DATABASE/ID each. Of what is deleted, "deleted" in hidden says when. */
#ifndef MS_SIM_FRONT_MLFLOW_DATA_H
#define MS_SIM_FRONT_MLFLOW_DATA_H

#define MLFLOW_EXPERIMENTS "mlflow.experiments"
#define MLFLOW_RUNS "mlflow.runs"

#endif
