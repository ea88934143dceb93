package compositions

import (
	"encoding/base64"

	"github.com/innovate-inc/genops/schema"
)

// Keys of the single-page application and of access logs.
const (
	keyBucket       = "spa-bucket"
	keyBucketPolicy = "spa-bucket-policy"
	keyOriginAccess = "spa-origin-access"
	keyRouter       = "spa-router"
	keyLogBucket    = "access-logs-bucket"
)

// bucketName is the name of a bucket. Names are the whole world's, so the account is part of it.
func bucketName(meta schema.ClaimMeta, what string) string {
	return shorten(prefix(meta)+"-"+what+"-"+meta.Account, limitBucket)
}

// addBucket makes a bucket that nobody but the account reaches, encrypted with keys of S3: CloudFront could read with a key of ours only what the
// key's policy names the distribution for, and what is in here is for everybody, or for the account's own people.
func (e *edge) addBucket(key, what, ownership string) {
	e.add(key, e.bucket, fields{"forceDestroy": false, "objectLockEnabled": false}).external(bucketName(e.meta, what))
	e.add(key+"-access", e.bucketAccess, fields{
		"bucketRef": e.ref(key), "blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	})
	e.add(ownershipKey(key), e.bucketOwnership, fields{"bucketRef": e.ref(key), "rule": fields{"objectOwnership": ownership}})
	e.add(key+"-encryption", e.bucketEncryption, fields{
		"bucketRef": e.ref(key), "rule": []any{fields{"applyServerSideEncryptionByDefault": fields{"sseAlgorithm": "AES256"}}},
	})
}

// ownershipKey is the key of who owns what is in a bucket.
func ownershipKey(bucket string) string { return bucket + "-ownership" }

// insecure denies requests without TLS.
func insecure(bucket string) statement {
	return statement{
		Sid: "OnlyTLS", Effect: deny, Principal: "*", Action: []string{"s3:*"}, Resource: []string{bucket, bucket + "/*"},
		Condition: conditions{"Bool": {"aws:SecureTransport": "false"}}, Wildcard: "A denial: every action, of everybody, on everything in the bucket.",
	}
}

// bucketARN is the ARN of a bucket, which has neither region nor account.
func bucketARN(meta schema.ClaimMeta, name string) string {
	return "arn:" + schema.Partition(meta.Region) + ":s3:::" + name
}

// application makes the bucket of the single-page application, which only CloudFront reads, and the function that answers its paths.
func (e *edge) application() {
	e.addBucket(keyBucket, "spa", "BucketOwnerEnforced")
	e.add(keyBucket+"-versioning", e.bucketVersioning, fields{"bucketRef": e.ref(keyBucket), "versioningConfiguration": fields{"status": "Enabled"}})
	e.add(keyBucket+"-lifecycle", e.bucketLifecycle, fields{"bucketRef": e.ref(keyBucket), "rule": []any{fields{
		"id": "noncurrent", "status": "Enabled", "filter": []any{fields{"prefix": ""}},
		"noncurrentVersionExpiration":    []any{fields{"noncurrentDays": int64(e.site.SPA.NoncurrentDays)}},
		"abortIncompleteMultipartUpload": []any{fields{"daysAfterInitiation": int64(abortUploadsAfter)}},
	}}})
	e.addBucketPolicy()
	name := shorten(prefix(e.meta)+"-spa", limitOriginAccess)
	e.add(keyOriginAccess, e.originAccess, fields{
		"name": name, "description": "Bucket " + bucketName(e.meta, "spa"), "originAccessControlOriginType": "s3", "signingBehavior": "always",
		"signingProtocol": "sigv4",
	})
	e.router()
}

// abortUploadsAfter is how many days the parts of an upload that never ended are kept.
const abortUploadsAfter = 7

// addBucketPolicy lets the distribution read, once there is one: its id is AWS's choice. TLS is demanded from the beginning.
func (e *edge) addBucketPolicy() {
	bucket := bucketARN(e.meta, bucketName(e.meta, "spa"))
	distribution := e.observedText(keyDistribution, "status", "atProvider", "arn")
	statements := []statement{insecure(bucket), {
		Sid: "CloudFront", Effect: allow, Principal: fields{"Service": "cloudfront.amazonaws.com"}, Action: []string{"s3:GetObject"},
		Resource: []string{bucket + "/*"}, Condition: conditions{"StringEquals": {"AWS:SourceArn": distribution}},
		Wildcard: "All files of the application, and only for this distribution.",
	}}
	before := e.observedText(keyBucketPolicy, "spec", "forProvider", "policy")
	made := e.add(keyBucketPolicy, e.bucketPolicy, fields{"bucketRef": e.ref(keyBucket)})
	switch {
	case distribution != "":
		made.withPolicy("policy", newDocument(statements...))
	case before != "":
		// A distribution that lost its status for a moment goes on reading.
		made.withPolicy("policy", newDocument(statements...))
		made.forProvider()["policy"] = before
	default:
		made.withPolicy("policy", newDocument(statements[0]))
	}
	made.fromObserved("spec.forProvider.policy")
}

// routerCode answers paths of the application, such as /orders/7, with its page; files have a dot in their name. Error pages of the distribution
// would do so as well, and would turn every 403 and 404 of the API into a page.
const routerCode = `function handler(event) {
  var request = event.request;
  var name = request.uri.substring(request.uri.lastIndexOf('/') + 1);
  if (name.indexOf('.') === -1) {
    request.uri = '/index.html';
  }
  return request;
}
`

// router makes CloudFront's function for paths of the application. The provider reads its code from a Secret, though it is none.
func (e *edge) router() {
	const namespace, field = "crossplane-system", "code"
	code := keyRouter + "-code"
	name := e.name(code)
	e.put(code, "function code", fields{
		"apiVersion": "v1", "kind": "Secret", "metadata": fields{"name": name, "namespace": namespace}, "type": "Opaque",
		"data": fields{field: base64.StdEncoding.EncodeToString([]byte(routerCode))},
	})
	e.add(keyRouter, e.edgeFunction, fields{
		"comment": "Paths of the single-page application of " + prefix(e.meta), "runtime": "cloudfront-js-2.0", "publish": true,
		"codeSecretRef": fields{"name": name, "namespace": namespace, "key": field},
	}).external(shorten(prefix(e.meta)+"-spa-router", limitEdgeFunction))
}

// accessLogs makes the bucket of CloudFront's access logs. CloudFront gives itself the right to write by an ACL, so that ACLs are not turned off
// here (CloudFront developer guide: standard logging); public ones still are.
func (e *edge) accessLogs() {
	e.addBucket(keyLogBucket, "access-logs", "BucketOwnerPreferred")
	e.add(keyLogBucket+"-lifecycle", e.bucketLifecycle, fields{"bucketRef": e.ref(keyLogBucket), "rule": []any{fields{
		"id": "expire", "status": "Enabled", "filter": []any{fields{"prefix": ""}},
		"expiration":                     []any{fields{"days": int64(e.site.Logs.RetentionDays)}},
		"abortIncompleteMultipartUpload": []any{fields{"daysAfterInitiation": int64(abortUploadsAfter)}},
	}}})
	bucket := bucketARN(e.meta, bucketName(e.meta, "access-logs"))
	e.add(keyLogBucket+"-policy", e.bucketPolicy, fields{"bucketRef": e.ref(keyLogBucket)}).withPolicy("policy", newDocument(insecure(bucket)))
}
