"""Addresses of queues."""

from local_aws.aws import LocalAws


def test_a_queue_is_at_the_door_and_answers_there(aws: LocalAws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="named")["QueueUrl"]
    assert url == sqs.get_queue_url(QueueName="named")["QueueUrl"] == f"{aws.url}/123456789012/named"
    assert url in sqs.list_queues()["QueueUrls"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert [m["Body"] for m in sqs.receive_message(QueueUrl=url)["Messages"]] == ["hello"]
