package compositions

import (
	"maps"

	"github.com/innovate-inc/genops/schema"
)

const cloudTrail = "cloudtrail.amazonaws.com"

// trails makes the trail of the organization, with the bucket and the key of its log files and, where it is wanted, a copy in CloudWatch Logs.
func (a *baseline) trails() {
	name := shorten(prefix(a.meta)+"-organization", limitTrail)
	trailARN := arn(a.meta, "cloudtrail", "trail/"+name)
	fromTrail := func(more map[string]any) conditions {
		equals := map[string]any{"aws:SourceArn": trailARN}
		maps.Copy(equals, more)
		return conditions{"StringEquals": equals}
	}
	a.addTrailKey(fromTrail)
	bucket := bucketARN(a.meta, bucketName(a.meta, "trail"))
	write := func(sid, of string) statement {
		return statement{
			Sid: sid, Effect: allow, Principal: fields{"Service": cloudTrail}, Action: []string{"s3:PutObject"}, Resource: []string{bucket + "/AWSLogs/" + of + "/*"},
			Condition: fromTrail(map[string]any{"s3:x-amz-acl": "bucket-owner-full-control"}), Wildcard: "Log files, which CloudTrail names. Only of this trail.",
		}
	}
	a.addVault(vault{
		key: keyTrailBucket, what: "trail", encryption: keyTrailKey, archiveAfter: a.spec.Trail.ArchiveAfterDays, expireAfter: a.spec.Trail.RetentionDays,
		// All three are needed: without the last one the files of the members are lost in silence (CloudTrail user guide: bucket policy for
		// organization trails).
		statements: []statement{
			{
				Sid: "AclCheck", Effect: allow, Principal: fields{"Service": cloudTrail}, Action: []string{"s3:GetBucketAcl"}, Resource: []string{bucket},
				Condition: fromTrail(nil),
			},
			write("ManagementWrite", a.meta.Account),
			write("OrganizationWrite", a.spec.Trail.OrganizationID),
		},
	})
	needs := []string{keyTrailBucket + "-policy", keyTrailKey}
	forProvider := fields{
		"s3BucketNameRef": a.ref(keyTrailBucket), "isOrganizationTrail": true, "isMultiRegionTrail": true, "includeGlobalServiceEvents": true,
		"enableLogFileValidation": true, "enableLogging": true,
	}
	if a.spec.Trail.LogRetentionDays > 0 {
		needs = append(needs, a.copyToLogs(name)...)
		forProvider["cloudWatchLogsGroupArn"] = arn(a.meta, "logs", "log-group:"+a.trailLogs()+":*")
		forProvider["cloudWatchLogsRoleArnRef"] = a.ref(keyTrailLogsRole)
	}
	if !a.after(keyTrail, a.trail, needs...) {
		return
	}
	// The provider's reference gives the id of the key, and CloudTrail says its ARN.
	keyARN := a.keyARN(keyTrailKey, keyTrail, "kmsKeyId")
	if keyARN == "" {
		a.hold(keyTrail, a.trail.noun)
		return
	}
	forProvider["kmsKeyId"] = keyARN
	a.lasting(keyTrail, a.trail, forProvider).external(name).fromObserved("spec.forProvider.kmsKeyId")
	by := a.own(keyTrail, a.trail)
	a.usage(a.own(keyTrailKey, a.kinds.key), by, "Without its key nobody can read the log files.")
	a.usage(a.own(keyTrailBucket, a.bucket), by, "The trail writes into this bucket.")
}

// addTrailKey makes the key of log files. CloudTrail encrypts with it, for the trails of this account alone; who reads needs a right of the account.
func (a *baseline) addTrailKey(fromTrail func(map[string]any) conditions) {
	ofTrails := fromTrail(nil)
	ofTrails["StringLike"] = map[string]any{
		"kms:EncryptionContext:aws:cloudtrail:arn": "arn:" + schema.Partition(a.meta.Region) + ":cloudtrail:*:" + a.meta.Account + ":trail/*",
	}
	statements := []statement{
		{
			Sid: "Encrypt", Effect: allow, Principal: fields{"Service": cloudTrail}, Action: []string{"kms:GenerateDataKey"}, Resource: []string{"*"},
			Condition: ofTrails, Wildcard: thisKey,
		},
		{
			Sid: "Describe", Effect: allow, Principal: fields{"Service": cloudTrail}, Action: []string{"kms:DescribeKey"}, Resource: []string{"*"},
			Condition: fromTrail(nil), Wildcard: thisKey,
		},
	}
	if a.spec.Trail.LogRetentionDays > 0 {
		statements = append(statements, logsOfKey(a.meta.Region, arn(a.meta, "logs", "log-group:"+a.trailLogs())))
	}
	a.addKey(keyTrailKey, "trail", "Trail of the organization", statements...)
}

// trailLogs is the name of the trail's log group.
func (a *baseline) trailLogs() string {
	return shorten("/aws/cloudtrail/"+prefix(a.meta), limitLogGroup)
}

// copyToLogs makes the log group and the role that CloudTrail writes there with, and returns what the trail needs of it. In streams of an
// organization trail stands the id of the organization (CloudTrail user guide: role policy for an organization trail).
func (a *baseline) copyToLogs(trail string) []string {
	a.lasting(keyTrailLogs, a.logGroup, fields{"retentionInDays": int64(a.spec.Trail.LogRetentionDays), "kmsKeyIdRef": a.ref(keyTrailKey)}).external(a.trailLogs())
	a.lasting(keyTrailLogsRole, a.role, fields{"description": "CloudTrail copies " + trail + " to CloudWatch Logs"}).
		external(shorten(prefix(a.meta)+"-trail-logs", limitRole)).
		withPolicy("assumeRolePolicy", newDocument(statement{
			Sid: "CloudTrail", Effect: allow, Principal: fields{"Service": cloudTrail}, Action: []string{"sts:AssumeRole"},
			Condition: conditions{"StringEquals": {"aws:SourceArn": arn(a.meta, "cloudtrail", "trail/"+trail)}},
		}))
	const write = keyTrailLogsRole + "-write"
	streams := "log-group:" + a.trailLogs() + ":log-stream:"
	a.lasting(write, a.rolePolicy, fields{"roleRef": a.ref(keyTrailLogsRole)}).external("write").
		withPolicy("policy", newDocument(statement{
			Sid: "Write", Effect: allow, Action: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resource: []string{
				arn(a.meta, "logs", streams+a.meta.Account+"_CloudTrail_"+a.meta.Region+"*"),
				arn(a.meta, "logs", streams+a.spec.Trail.OrganizationID+"_*"),
			},
			Wildcard: "CloudTrail names the streams, by account and region. Only in the trail's log group.",
		}))
	return []string{keyTrailLogs, keyTrailLogsRole, write}
}
