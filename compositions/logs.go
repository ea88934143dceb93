package compositions

import "github.com/innovate-inc/genops/schema"

// logs is a log group with a key of its own: what it records is read by those whom the key's policy and their own rights let read it.
type logs struct {
	// key is that of the log group; those of its key and of the key's alias start with it.
	key string
	// group is the name of the log group, alias that of the key.
	group, alias string
	region       string
	days         int
}

// addLogs makes a log group, and before it the key that it is encrypted with.
func (b *builder) addLogs(l logs) {
	b.add(l.key+"-key", b.key, fields{
		"description": "Log group " + l.group, "enableKeyRotation": true, "deletionWindowInDays": int64(30),
	}).in(l.region).withPolicy("policy", logKeyPolicy(b.meta, l.region, l.group))
	b.add(l.key+"-key-alias", b.alias, fields{"targetKeyIdRef": b.ref(l.key + "-key")}).in(l.region).external(shorten(l.alias, limitAlias))
	b.add(l.key, b.logGroup, fields{"retentionInDays": int64(l.days), "kmsKeyIdRef": b.ref(l.key + "-key")}).in(l.region).external(l.group)
}

// logKeyPolicy gives a key to the policies of the account and, for one log group, to CloudWatch Logs. Services that need grants, such as RDS, get
// them from whoever makes their resource.
func logKeyPolicy(meta schema.ClaimMeta, region, group string) document {
	there := meta
	there.Region = region
	return newDocument(accountsKey(meta), logsOfKey(region, arn(there, "logs", "log-group:"+group)))
}

// logsOfKey lets CloudWatch Logs use a key for log groups of a region, given by their ARNs: it uses no grants (CloudWatch Logs user guide: encrypt log data).
func logsOfKey(region string, groups ...string) statement {
	var arns any = groups
	if len(groups) == 1 {
		arns = groups[0]
	}
	return statement{
		Sid: "Logs", Effect: allow, Principal: fields{"Service": "logs." + region + ".amazonaws.com"}, Resource: []string{"*"}, Wildcard: thisKey,
		Action:    []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"},
		Condition: conditions{"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arns}},
	}
}
