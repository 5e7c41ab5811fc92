"""Stand-in for pulumi-aws, over boto3: S3 buckets with their settings, IAM users with what they may."""
