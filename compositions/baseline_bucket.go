package compositions

import "github.com/innovate-inc/genops/schema"

// vault is a bucket of files that nobody changes, encrypted with a key of this claim.
type vault struct {
	// key is that of the bucket; what belongs to it has keys that start with it.
	key, what string
	// encryption is the key of the key.
	encryption string
	// archiveAfter and expireAfter are days. Without the first, files stay where they are.
	archiveAfter, expireAfter int
	// statements of the bucket's policy, beside the one that demands TLS.
	statements []statement
}

// addVault makes a bucket with all that belongs to it. Files have versions, so that one that is overwritten is still there.
func (a *baseline) addVault(v vault) {
	a.lasting(v.key, a.bucket, fields{"forceDestroy": false, "objectLockEnabled": false}).external(bucketName(a.meta, v.what))
	a.lasting(v.key+"-access", a.bucketAccess, fields{
		"bucketRef": a.ref(v.key), "blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	})
	a.lasting(ownershipKey(v.key), a.bucketOwnership, fields{"bucketRef": a.ref(v.key), "rule": fields{"objectOwnership": "BucketOwnerEnforced"}})
	a.lasting(v.key+"-versioning", a.bucketVersioning, fields{"bucketRef": a.ref(v.key), "versioningConfiguration": fields{"status": "Enabled"}})
	a.encrypt(v)
	rule := fields{
		"id": "age", "status": "Enabled", "filter": []any{fields{"prefix": ""}},
		"expiration":                     []any{fields{"days": int64(v.expireAfter)}},
		"noncurrentVersionExpiration":    []any{fields{"noncurrentDays": int64(keepVersions)}},
		"abortIncompleteMultipartUpload": []any{fields{"daysAfterInitiation": int64(abortUploadsAfter)}},
	}
	if v.archiveAfter > 0 {
		rule["transition"] = []any{fields{"days": int64(v.archiveAfter), "storageClass": "GLACIER_IR"}}
	}
	a.lasting(v.key+"-lifecycle", a.bucketLifecycle, fields{"bucketRef": a.ref(v.key), "rule": []any{rule}})
	a.lasting(v.key+"-policy", a.bucketPolicy, fields{"bucketRef": a.ref(v.key)}).
		withPolicy("policy", newDocument(append(v.statements, insecure(bucketARN(a.meta, bucketName(a.meta, v.what))))...))
}

// keepVersions is how many days a version is kept that another one has taken the place of.
const keepVersions = 90

// encrypt waits for the ARN of the key. There is a reference for it, inside a list that has one owner as a whole.
func (a *baseline) encrypt(v vault) {
	key := v.key + "-encryption"
	keyARN := a.keyARN(v.encryption, key, "rule", 0, "applyServerSideEncryptionByDefault", "kmsMasterKeyId")
	if keyARN == "" {
		a.hold(key, a.bucketEncryption.noun)
		return
	}
	a.lasting(key, a.bucketEncryption, fields{"bucketRef": a.ref(v.key), "rule": []any{fields{
		"applyServerSideEncryptionByDefault": fields{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": keyARN}, "bucketKeyEnabled": true,
	}}}).fromObserved("spec.forProvider.rule")
}

// aliasName is the name of a key's alias.
func aliasName(meta schema.ClaimMeta, what string) string {
	return shorten(prefix(meta)+"-"+what, limitAlias)
}

// addKey makes a key and its alias. Its policy has the account's own rights, and more statements.
func (a *baseline) addKey(key, what, description string, more ...statement) {
	a.lasting(key, a.kinds.key, fields{"description": description, "enableKeyRotation": true, "deletionWindowInDays": int64(30)}).
		withPolicy("policy", newDocument(append([]statement{accountsKey(a.meta)}, more...)...))
	a.lasting(key+"-alias", a.alias, fields{"targetKeyIdRef": a.ref(key)}).external(aliasName(a.meta, what))
}
