package awsstandin

import (
	"strings"
	"testing"
)

// TestTables asks for tables of DynamoDB that AWS takes and refuses.
func TestTables(t *testing.T) {
	t.Parallel()
	const good = `hashKey: LockID, attribute: [{name: LockID, type: S}], billingMode: PAY_PER_REQUEST`
	cases := map[string]struct{ name, params, want string }{
		"locks":                {"acme-locks", `{` + good + `}`, ""},
		"provisioned":          {"acme-locks", `{hashKey: LockID, attribute: [{name: LockID, type: S}], readCapacity: 1, writeCapacity: 1}`, ""},
		"short name":           {"ab", `{` + good + `}`, "at 'tableName'"},
		"name with a slash":    {"acme/locks", `{` + good + `}`, "at 'tableName'"},
		"no key":               {"acme-locks", `{attribute: [{name: LockID, type: S}], billingMode: PAY_PER_REQUEST}`, "No Hash Key"},
		"key of no attribute":  {"acme-locks", `{hashKey: LockId, attribute: [{name: LockID, type: S}], billingMode: PAY_PER_REQUEST}`, "Keys: [LockId]"},
		"attribute of no key":  {"acme-locks", `{hashKey: LockID, attribute: [{name: LockID, type: S}, {name: Info, type: S}], billingMode: PAY_PER_REQUEST}`, "does not exactly match"},
		"type":                 {"acme-locks", `{hashKey: LockID, attribute: [{name: LockID, type: String}], billingMode: PAY_PER_REQUEST}`, "enum value set"},
		"capacity of requests": {"acme-locks", `{` + good + `, readCapacity: 5}`, "provisioned throughput"},
		"no capacity":          {"acme-locks", `{hashKey: LockID, attribute: [{name: LockID, type: S}]}`, "provisioned throughput"},
		"key of nobody":        {"acme-locks", `{` + good + `, serverSideEncryption: {enabled: true, kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/none"}}`, "NotFoundException"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := ask(newCloud(), kindTable, tc.name, "", tc.params)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

// TestProtectedTableStays holds that a table goes only after a person turned its protection off.
func TestProtectedTableStays(t *testing.T) {
	t.Parallel()
	c := newCloud()
	r := &resource{kind: table()[kindTable], place: place{"aws", account, region}, identity: "acme-locks", params: fields{"deletionProtectionEnabled": true}}
	if err := c.deletable(r); err == nil || !strings.Contains(err.Error(), "Disable deletion protection first") {
		t.Errorf("a protected table: %v", err)
	}
	r.params["deletionProtectionEnabled"] = false
	if err := c.deletable(r); err != nil {
		t.Errorf("a table without protection: %v", err)
	}
	if got, want := resourceARN(r), "arn:aws:dynamodb:eu-west-1:111122223333:table/acme-locks"; got != want {
		t.Errorf("its ARN is %s, want %s", got, want)
	}
}

// TestStatesAreEncryptedWithAKeyThatIsThere: S3 takes the key of a bucket when it is set, so a key of nobody is found at once.
func TestStatesAreEncryptedWithAKeyThatIsThere(t *testing.T) {
	t.Parallel()
	c := newCloud()
	if err := ask(c, kindBucket, "acme-states", "", `{}`); err != nil {
		t.Fatal(err)
	}
	err := ask(c, groupS3+"/BucketServerSideEncryptionConfiguration", "x", "",
		`{bucket: acme-states, rule: [{applyServerSideEncryptionByDefault: {sseAlgorithm: "aws:kms", kmsMasterKeyId: "arn:aws:kms:eu-west-1:111122223333:key/none"}}]}`)
	if err == nil || !strings.Contains(err.Error(), "NotFoundException") {
		t.Errorf("a key of nobody: %v", err)
	}
}
