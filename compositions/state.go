package compositions

import (
	"fmt"

	"github.com/innovate-inc/genops/schema"
)

// Keys of what the policies of a state backend are about.
const (
	keyStateKey = "key"
	keyStates   = "bucket"
	keyLocks    = "lock-table"
)

// hashKeyOfLocks is the name of the attribute that Terraform keeps its locks by (Terraform: S3 backend, DynamoDB state locking).
const hashKeyOfLocks = "LockID"

// stateBackend composes where teams keep the states of Terraform.
type stateBackend struct {
	*builder

	spec *schema.StateBackendSpec
	// keyARN is empty while AWS has not said it.
	keyARN string
}

// composeStateBackend makes a bucket for states and a table for locks, encrypted with a key of their own, and a policy for each team.
func composeStateBackend(spec *schema.StateBackendSpec, meta schema.ClaimMeta, observed Observed) (*Result, error) {
	if problems := checkStateBackend(spec, meta); len(problems) > 0 {
		return nil, &InvalidError{Problems: problems}
	}
	s := &stateBackend{builder: newBuilder(meta, "StateBackend", claimStateBackend, observed), spec: spec}
	s.keyARN = s.observedText(keyStateKey, "status", "atProvider", "arn")
	s.add(keyStateKey, s.key, fields{
		"description": "Terraform states of " + prefix(meta), "enableKeyRotation": true, "deletionWindowInDays": int64(30),
	}).withPolicy("policy", s.keyPolicy())
	s.add("key-alias", s.alias, fields{"targetKeyIdRef": s.ref(keyStateKey)}).external(shorten(prefix(meta)+"-terraform-state", limitAlias))
	s.states()
	s.locks()
	for _, team := range spec.Teams {
		s.team(team)
	}
	result, err := s.result()
	if err != nil {
		return nil, err
	}
	result.Status = s.status()
	return result, nil
}

// states makes the bucket. A bucket that has something in it is never deleted; its settings stay as long as it does, so that a claim which is
// deleted before the bucket is empty leaves nothing open.
func (s *stateBackend) states() {
	s.add(keyStates, s.bucket, fields{"forceDestroy": false, "objectLockEnabled": false}).external(s.spec.Bucket)
	setting := func(what string, k kind, forProvider fields) *composed {
		forProvider["bucketRef"] = s.ref(keyStates)
		return s.add(keyStates+"-"+what, k.settings(), forProvider)
	}
	setting("access", s.bucketAccess, fields{
		"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	})
	setting("ownership", s.bucketOwnership, fields{"rule": fields{"objectOwnership": "BucketOwnerEnforced"}})
	setting("versioning", s.bucketVersioning, fields{"versioningConfiguration": fields{"status": "Enabled"}})
	setting("lifecycle", s.bucketLifecycle, fields{"rule": []any{fields{
		"id": "noncurrent", "status": "Enabled", "filter": []any{fields{"prefix": ""}},
		"noncurrentVersionExpiration": []any{fields{
			"noncurrentDays": int64(s.spec.NoncurrentDays), "newerNoncurrentVersions": int64(s.spec.KeepVersions),
		}},
		"abortIncompleteMultipartUpload": []any{fields{"daysAfterInitiation": int64(abortUploadsAfter)}},
	}}})
	if !s.waits(keyStates+"-encryption", s.bucketEncryption.settings()) {
		// Without a bucket key KMS hears of each state by its name, and a team's rights to the key end with its prefix.
		setting("encryption", s.bucketEncryption, fields{"rule": []any{fields{
			"applyServerSideEncryptionByDefault": fields{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": s.keyARN}, "bucketKeyEnabled": false,
		}}}).fromObserved("spec.forProvider.rule")
	}
	if !s.waits(keyStates+"-policy", s.bucketPolicy.settings()) {
		made := setting("policy", s.bucketPolicy, fields{})
		made.withPolicy("policy", s.bucketDocument())
		made.fromObserved("spec.forProvider.policy")
	}
	s.usage(s.own(keyStateKey, s.key), s.own(keyStates, s.bucket), "Without its key nobody can read the states.")
}

// locks makes the table of locks. AWS refuses to delete it in every stage: a person turns that off first.
func (s *stateBackend) locks() {
	if s.waits(keyLocks, s.table) {
		return
	}
	s.add(keyLocks, s.table, fields{
		"billingMode": "PAY_PER_REQUEST", "hashKey": hashKeyOfLocks, "attribute": []any{fields{"name": hashKeyOfLocks, "type": "S"}},
		"deletionProtectionEnabled": true,
		"pointInTimeRecovery":       fields{"enabled": true},
		"serverSideEncryption":      fields{"enabled": true, "kmsKeyArn": s.keyARN},
	}).external(s.tableName()).fromObserved("spec.forProvider.serverSideEncryption.kmsKeyArn")
	s.usage(s.own(keyStateKey, s.key), s.own(keyLocks, s.table), "Without its key the table is lost.")
}

func (s *stateBackend) tableName() string {
	return schema.StateTable(s.meta.Project, s.meta.Environment)
}

// waits tells whether a resource has to wait for the key's ARN. What exists stays as it is meanwhile.
func (s *stateBackend) waits(key string, k kind) bool {
	if s.keyARN != "" {
		return false
	}
	if !s.keep(key, k) {
		s.hold(key, k.noun)
	}
	return true
}

func teamPolicyKey(team string) string { return "policy-" + team }

// team makes the policy of a team, and gives it to its roles of this account. Roles of other accounts are let in by the policies of the bucket
// and of the key; what they may do is for their account to say as well.
func (s *stateBackend) team(team schema.StateTeamSpec) {
	key := teamPolicyKey(team.Name)
	if !s.waits(key, s.policy) {
		// AWS cannot change a description, so there is no prefix in it.
		made := s.add(key, s.policy, fields{"description": "Terraform states of " + team.Name}).
			external(shorten(prefix(s.meta)+"-state-"+team.Name, limitPolicy))
		made.withPolicy("policy", s.teamDocument(team))
		made.fromObserved("spec.forProvider.policy")
	}
	own, _ := team.Roles(s.meta.Account)
	for _, principal := range own {
		s.add("role-"+team.Name+"-"+shortHash(principal), s.policyAttachment, fields{"role": roleName(principal), "policyArnRef": s.ref(key)})
	}
}

// status is what a team's backend block names.
func (s *stateBackend) status() map[string]any {
	status := fields{"bucket": s.spec.Bucket, "table": s.tableName()}
	if s.keyARN != "" {
		status["keyARN"] = s.keyARN
	}
	policies := fields{}
	for _, team := range s.spec.Teams {
		if arn := s.observedText(teamPolicyKey(team.Name), "status", "atProvider", "arn"); arn != "" {
			policies[team.Name] = arn
		}
	}
	if len(policies) > 0 {
		status["policyARNs"] = policies
	}
	return status
}

// checkStateBackend finds what the schema of claims cannot say.
func checkStateBackend(spec *schema.StateBackendSpec, meta schema.ClaimMeta) []string {
	var problems []string
	for i, team := range spec.Teams {
		for j, other := range spec.Teams {
			if i != j && schema.PrefixWithin(team.Prefix, other.Prefix) && (team.Prefix != other.Prefix || i > j) {
				problems = append(problems, fmt.Sprintf("spec.teams[%d].prefix: %s is within %s's %s: the one would reach the states of the other",
					i, team.Prefix, other.Name, other.Prefix))
			}
		}
		for j, principal := range team.Principals {
			if schema.ARNPartition(principal) != schema.Partition(meta.Region) {
				problems = append(problems, fmt.Sprintf("spec.teams[%d].principals[%d]: %s is of another partition of AWS than %s", i, j, principal, meta.Region))
			}
		}
	}
	return problems
}
