"""The cloud, described. Imports aws_cdk and interfaces; nothing here runs after deployment."""
