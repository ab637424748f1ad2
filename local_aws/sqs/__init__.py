"""SQS: moto's queues, under addresses of this local AWS."""
