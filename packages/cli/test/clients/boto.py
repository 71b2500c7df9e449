"""What boto3 does with a server, as far as it is not what awscli does: python3 boto.py URL BUCKET LARGE-FILE"""

import io
import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

url, bucket, path = sys.argv[1:4]
large = open(path, "rb").read()
MIB = 1024 * 1024


def client(**options):
    config = Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 1})
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=config, **options)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"{found} in the place of {code}: {error}"
    else:
        raise AssertionError(f"not refused with {code}")


def same(found, wanted):
    assert found == wanted, f"{str(found)[:200]} is not {str(wanted)[:200]}"


s3 = client()
s3.create_bucket(Bucket=bucket)

# Names, and pages of them.
names = ["a b", "a+b", "a%20b", "a&b", "a'b", 'a"b', "a/b/c/d", "a/b/c/ü", "a//b", "ü", "日本語", "😀", "<a>", "a\\b", "#?"]
for name in names:
    s3.put_object(Bucket=bucket, Key=name, Body=name.encode(), Metadata={"colour": "green"}, ContentType="text/x")
for operation in ["list_objects_v2", "list_objects"]:
    pages = s3.get_paginator(operation).paginate(Bucket=bucket, PaginationConfig={"PageSize": 3})
    same([one["Key"] for page in pages for one in page.get("Contents", [])], sorted(names, key=str.encode))
    pages = s3.get_paginator(operation).paginate(Bucket=bucket, Prefix="a/", Delimiter="/")
    same([one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])], ["a//", "a/b/"])
for name in names:
    found = s3.get_object(Bucket=bucket, Key=name)
    same((found["Body"].read(), found["Metadata"], found["ContentType"]), (name.encode(), {"colour": "green"}, "text/x"))

# A body of its length and one in chunks, conditions, ranges.
etag = s3.put_object(Bucket=bucket, Key="k", Body=io.BytesIO(large[:MIB]), ChecksumAlgorithm="SHA256")["ETag"]
same(s3.get_object(Bucket=bucket, Key="k", Range="bytes=5-9")["Body"].read(), large[5:10])
same(s3.get_object(Bucket=bucket, Key="k", Range="bytes=-3")["Body"].read(), large[MIB - 3 : MIB])
refused("304", s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag)
refused("PreconditionFailed", s3.get_object, Bucket=bucket, Key="k", IfMatch='"other"')
refused("InvalidRange", s3.get_object, Bucket=bucket, Key="k", Range=f"bytes={MIB}-")
refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="nothing")
refused("404", s3.head_object, Bucket=bucket, Key="nothing")
refused("InvalidURI", s3.put_object, Bucket=bucket, Key="a/../b", Body=b"1")

# Copies, whole and in parts.
s3.copy_object(Bucket=bucket, Key="copy ü+%", CopySource={"Bucket": bucket, "Key": "a%20b"})
same(s3.get_object(Bucket=bucket, Key="copy ü+%")["Body"].read(), b"a%20b")
parts = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
s3.upload_file(path, bucket, "large", Config=parts, ExtraArgs={"Metadata": {"colour": "blue"}})
s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "large copy", Config=parts)
got = io.BytesIO()
s3.download_fileobj(bucket, "large copy", got, Config=parts)
assert got.getvalue() == large, "the copy in parts differs"
same(s3.head_object(Bucket=bucket, Key="large")["Metadata"], {"colour": "blue"})

# An upload that is given up.
upload = s3.create_multipart_upload(Bucket=bucket, Key="given up")["UploadId"]
part = {"Bucket": bucket, "Key": "given up", "UploadId": upload}
s3.upload_part(**part, PartNumber=1, Body=b"1")
same([one["PartNumber"] for one in s3.list_parts(**part)["Parts"]], [1])
same([one["Key"] for one in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]], ["given up"])
s3.abort_multipart_upload(**part)
same(s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []), [])

# URLs that are signed for whoever has them.
where = {"Bucket": bucket, "Key": "by url ü"}
put = urllib.request.Request(s3.generate_presigned_url("put_object", where, 60), b"hello", method="PUT")
same(urllib.request.urlopen(put).status, 200)
same(urllib.request.urlopen(s3.generate_presigned_url("get_object", where, 60)).read(), b"hello")

# Who has no keys, or wrong ones.
refused("SignatureDoesNotMatch", client(aws_secret_access_key="wrong", aws_access_key_id="TESTKEY").list_buckets)
refused("InvalidAccessKeyId", client(aws_secret_access_key="wrong", aws_access_key_id="NOBODY").list_buckets)

refused("BucketNotEmpty", s3.delete_bucket, Bucket=bucket)
found = boto3.resource("s3", endpoint_url=url, region_name="us-east-1").Bucket(bucket)
found.objects.all().delete()
same(list(found.objects.all()), [])
s3.delete_bucket(Bucket=bucket)
refused("NoSuchBucket", s3.list_objects_v2, Bucket=bucket)
