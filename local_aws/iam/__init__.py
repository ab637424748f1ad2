"""IAM: state is moto's; what is here decides what a policy allows."""
