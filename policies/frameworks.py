"""Who says so: the published frameworks that the rules refer to, at the versions that they were read in."""

from functools import partial

from pulumi_policy import PolicyComplianceFramework

cis_docker = partial(PolicyComplianceFramework, "CIS Docker Benchmark", "1.6.0")
cis_aws = partial(PolicyComplianceFramework, "CIS AWS Foundations Benchmark", "3.0.0")
mozilla_tls = partial(PolicyComplianceFramework, "Mozilla Server Side TLS", "6.0")
nist_800_53 = partial(PolicyComplianceFramework, "NIST SP 800-53", "5.1")
owasp_asvs = partial(PolicyComplianceFramework, "OWASP ASVS", "5.0")
owasp_headers = partial(PolicyComplianceFramework, "OWASP Secure Headers Project", "2025")
cloudflare_docs = partial(PolicyComplianceFramework, "Cloudflare documentation", "2026")
aws_fsbp = partial(PolicyComplianceFramework, "AWS Foundational Security Best Practices", "1.0.0")
ietf = partial(PolicyComplianceFramework, "IETF")
nginx_docs = partial(PolicyComplianceFramework, "nginx documentation", "2026-07-22")
gixy = partial(PolicyComplianceFramework, "Gixy (gixy-ng)", "0.2.59")
