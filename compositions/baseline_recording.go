package compositions

import (
	"strconv"

	"github.com/innovate-inc/genops/schema"
)

// nameOfRecorder is how AWS calls the one recorder and the one delivery channel that an account has in a region: one that exists already is found.
const nameOfRecorder = "default"

// recording turns on AWS Config. The recorder's role may read what there is, and write into its bucket alone.
func (a *baseline) recording() {
	a.addKey(keyConfigKey, "config", "Records of AWS Config in "+prefix(a.meta))
	a.addVault(vault{key: keyConfigBucket, what: "config", encryption: keyConfigKey, expireAfter: a.spec.Config.RetentionDays})
	a.lasting(keyConfigRole, a.role, fields{"description": "AWS Config records changes of " + prefix(a.meta)}).
		external(shorten(prefix(a.meta)+"-config", limitRole)).
		withPolicy("assumeRolePolicy", newDocument(statement{
			Sid: "Config", Effect: allow, Principal: fields{"Service": "config.amazonaws.com"}, Action: []string{"sts:AssumeRole"},
			Condition: conditions{"StringEquals": {"aws:SourceAccount": a.meta.Account}},
		}))
	const reads = "service-role/AWS_ConfigRole"
	a.lasting(attachmentKey(keyConfigRole, reads), a.policyAttachment, fields{"roleRef": a.ref(keyConfigRole), "policyArn": managedPolicy(a.meta, reads)})
	bucket := bucketARN(a.meta, bucketName(a.meta, "config"))
	a.lasting("config-role-delivery", a.rolePolicy, fields{"roleRef": a.ref(keyConfigRole)}).external("deliver").
		withPolicy("policy", newDocument(
			statement{Sid: "Look", Effect: allow, Action: []string{"s3:GetBucketAcl", "s3:ListBucket"}, Resource: []string{bucket}},
			statement{
				Sid: "Deliver", Effect: allow, Action: []string{"s3:PutObject", "s3:PutObjectAcl"}, Resource: []string{bucket + "/AWSLogs/" + a.meta.Account + "/*"},
				Wildcard: "The records of the account, which AWS Config names, and sends with an ACL.",
			},
			statement{
				Sid: "Encrypt", Effect: allow, Action: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resource: []string{arn(a.meta, "kms", "key/*")},
				Condition: conditions{"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/" + aliasName(a.meta, "config")}},
				Wildcard:  idsOfAWS + "Only the key of the records, by its alias.",
			},
		))
	a.lasting(keyRecorder, a.recorder, fields{
		"roleArnRef":     a.ref(keyConfigRole),
		"recordingGroup": fields{"allSupported": true, "includeGlobalResourceTypes": true},
		"recordingMode":  fields{"recordingFrequency": recordingFrequency(a.spec.Config.Recording)},
	}).external(nameOfRecorder)
	a.deliver()
	if a.after(keyRecorderStatus, a.recorderStatus, keyDeliveryChannel) {
		a.lasting(keyRecorderStatus, a.recorderStatus, fields{"isEnabled": true}).external(nameOfRecorder)
	}
}

// deliver brings the records into their bucket.
func (a *baseline) deliver() {
	keyARN := a.keyARN(keyConfigKey, keyDeliveryChannel, "s3KmsKeyArn")
	if !a.after(keyDeliveryChannel, a.deliveryChannel, keyRecorder, keyConfigBucket, "config-role-delivery") {
		return
	}
	if keyARN == "" {
		a.hold(keyDeliveryChannel, a.deliveryChannel.noun)
		return
	}
	a.lasting(keyDeliveryChannel, a.deliveryChannel, fields{"s3BucketNameRef": a.ref(keyConfigBucket), "s3KmsKeyArn": keyARN}).
		external(nameOfRecorder).fromObserved("spec.forProvider.s3KmsKeyArn")
	a.usage(a.own(keyConfigBucket, a.bucket), a.own(keyDeliveryChannel, a.deliveryChannel), "AWS Config delivers into this bucket.")
	a.usage(a.own(keyConfigKey, a.kinds.key), a.own(keyDeliveryChannel, a.deliveryChannel), "Without its key nobody can read the records.")
}

// recordingFrequency is what AWS calls it.
func recordingFrequency(recording string) string {
	if recording == schema.RecordDaily {
		return "DAILY"
	}
	return "CONTINUOUS"
}

// decimal is a whole number as AWS Budgets writes amounts.
func decimal(n int) string { return strconv.Itoa(n) + ".0" }
