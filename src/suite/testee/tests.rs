//! The model behind a pipe gives the verdicts of the model.
