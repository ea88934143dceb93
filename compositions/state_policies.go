package compositions

import (
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// What a team may do with its states and locks: everything that Terraform does, and no deletion of older versions (Terraform: S3 backend,
// permissions required).
func stateActions() []string { return []string{"s3:DeleteObject", "s3:GetObject", "s3:PutObject"} }

// teamDocument is the policy of a team: the states below its prefix, their locks, and the key for these alone.
func (s *stateBackend) teamDocument(team schema.StateTeamSpec) document {
	bucket, table := bucketARN(s.meta, s.spec.Bucket), arn(s.meta, "dynamodb", "table/"+s.tableName())
	return newDocument(
		statement{
			Sid: "ListStates", Effect: allow, Action: []string{"s3:ListBucket"}, Resource: []string{bucket},
			Condition: conditions{"StringLike": {"s3:prefix": team.Prefix + "/*"}},
		},
		statement{
			Sid: "States", Effect: allow, Action: stateActions(), Resource: []string{bucket + "/" + team.Prefix + "/*"},
			Wildcard: "All states of the team, and no others.",
		},
		statement{
			Sid: "Locks", Effect: allow, Action: []string{"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"}, Resource: []string{table},
			// Terraform calls a lock <bucket>/<key>, and the digest of a state the same with -md5.
			Condition: conditions{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": s.spec.Bucket + "/" + team.Prefix + "/*"}},
		},
		statement{Sid: "LockTable", Effect: allow, Action: []string{"dynamodb:DescribeTable"}, Resource: []string{table}},
		statement{
			Sid: "KeyOfStates", Effect: allow, Action: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resource: []string{s.keyARN},
			Condition: s.keyOfStates(team),
		},
		statement{
			Sid: "KeyOfLocks", Effect: allow, Action: []string{"kms:Decrypt"}, Resource: []string{s.keyARN},
			Condition: conditions{"StringEquals": {
				"kms:ViaService": "dynamodb." + s.meta.Region + ".amazonaws.com", "kms:EncryptionContext:aws:dynamodb:tableName": s.tableName(),
			}},
		},
	)
}

// keyOfStates limits the use of the key to S3 and to a team's states: S3 tells KMS which object it encrypts (S3 user guide: encryption context).
func (s *stateBackend) keyOfStates(team schema.StateTeamSpec) map[string]map[string]any {
	return conditions{
		"StringEquals": {"kms:ViaService": "s3." + s.meta.Region + ".amazonaws.com"},
		"StringLike":   {"kms:EncryptionContext:aws:s3:arn": bucketARN(s.meta, s.spec.Bucket) + "/" + team.Prefix + "/*"},
	}
}

// bucketDocument refuses what comes without TLS and what would be encrypted with anything but the key of the states, and lets in the roles of other
// accounts. What says nothing about encryption gets the key by itself.
func (s *stateBackend) bucketDocument() document {
	const header = "s3:x-amz-server-side-encryption"
	bucket := bucketARN(s.meta, s.spec.Bucket)
	refused := func(sid string, condition map[string]map[string]any) statement {
		return statement{
			Sid: sid, Effect: deny, Principal: "*", Action: []string{"s3:PutObject"}, Resource: []string{bucket + "/*"}, Condition: condition,
			Wildcard: "A denial: for everybody, and all that could be written.",
		}
	}
	statements := []statement{
		insecure(bucket),
		// A request that asks for some encryption and names no key gets one of S3 or of AWS: it is refused as well.
		refused("OnlyThisKey", conditions{
			"Null": {header: "false"}, "StringNotEquals": {header + "-aws-kms-key-id": s.keyARN},
		}),
		refused("NoKeysOfCallers", conditions{"Null": {header + "-customer-algorithm": "false"}}),
	}
	for _, team := range s.spec.Teams {
		principal, roles := s.strangers(team)
		if len(roles) == 0 {
			continue
		}
		sid := camel(team.Name)
		statements = append(statements, statement{
			Sid: "List" + sid, Effect: allow, Principal: principal, Action: []string{"s3:ListBucket"}, Resource: []string{bucket},
			Condition: conditions{"ArnEquals": {"aws:PrincipalArn": roles}, "StringLike": {"s3:prefix": team.Prefix + "/*"}},
		}, statement{
			Sid: "States" + sid, Effect: allow, Principal: principal, Action: stateActions(), Resource: []string{bucket + "/" + team.Prefix + "/*"},
			Condition: conditions{"ArnEquals": {"aws:PrincipalArn": roles}}, Wildcard: "All states of the team, and no others.",
		})
	}
	return newDocument(statements...)
}

// keyPolicy gives the key to the policies of the account, and to the roles of other accounts, each for the states of its team.
func (s *stateBackend) keyPolicy() document {
	statements := []statement{accountsKey(s.meta)}
	for _, team := range s.spec.Teams {
		principal, roles := s.strangers(team)
		if len(roles) == 0 {
			continue
		}
		condition := s.keyOfStates(team)
		condition["ArnEquals"] = map[string]any{"aws:PrincipalArn": roles}
		statements = append(statements, statement{
			Sid: "States" + camel(team.Name), Effect: allow, Principal: principal, Action: []string{"kms:Decrypt", "kms:GenerateDataKey"},
			Resource: []string{"*"}, Condition: condition, Wildcard: thisKey,
		})
	}
	return newDocument(statements...)
}

// strangers are a team's roles of other accounts, and the accounts as principals. A policy that named a role itself would be refused as long as
// there is no such role, with all that it says of others, and would not mean one that is made again.
func (s *stateBackend) strangers(team schema.StateTeamSpec) (principal any, roles []string) {
	_, roles = team.Roles(s.meta.Account)
	slices.Sort(roles)
	accounts := make([]string, 0, len(roles))
	for _, role := range roles {
		accounts = append(accounts, "arn:"+schema.ARNPartition(role)+":iam::"+schema.RoleAccount(role)+":root")
	}
	slices.Sort(accounts)
	return fields{"AWS": slices.Compact(accounts)}, roles
}

// roleName is the name in the ARN of a role, without its path.
func roleName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// camel is a team's name as a part of a Sid, which has no dashes. A dash is always before a letter (#StateTeamName), so different names stay different.
func camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}
