"""powens_flow: the Powens custom connection protocol, run as explicit state machines."""
