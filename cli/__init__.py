"""The operator's command line. It speaks to AWS, local or real, through boto3."""
