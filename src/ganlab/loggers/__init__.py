"""Where numbers and pictures go.

csv                  metrics.csv, always written
wandb, wandb_files   Weights & Biases, online or offline
tensorboard          TensorBoard
services, aim        MLflow, Comet and Aim, through their loggers for Lightning
tracker              what the services are told beside numbers
past                 what a run directory knows of its past

To add one: subclass ``tracker.Tracker``, add ``conf/logger/NAME.yaml``.
"""
