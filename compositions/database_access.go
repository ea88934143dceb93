package compositions

import (
	"encoding/json"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// passwordSecret is the Secret on the bootstrap cluster that the provider makes the password of a global database in.
func (d *database) passwordSecret() fields {
	return fields{"namespace": "crossplane-system", "name": d.name("master-password"), "key": "password"}
}

// masterPassword has RDS make, keep and rotate the password of the master user. It does not do so for clusters of a global database (Aurora user
// guide: limitations of the integration with Secrets Manager): there the provider makes the password, and it goes into a secret of the
// environment's own. In neither case is it in a claim, a resource or Git.
func (d *database) masterPassword(forProvider fields) {
	if d.spec.Replica == nil {
		forProvider["manageMasterUserPassword"] = true
		forProvider["masterUserSecretKmsKeyIdRef"] = d.ref(keyDatabaseKey)
		return
	}
	forProvider["autoGeneratePassword"] = true
	forProvider["masterPasswordSecretRef"] = d.passwordSecret()
	days := int64(0) // At once: the next database may have the same name.
	if d.spec.FinalSnapshot {
		const keep = 30 // A snapshot is of little use without it.
		days = keep
	}
	d.add(keyMasterSecret, d.secret, fields{
		"name": schema.DatabaseSecret(d.meta.Project, d.meta.Environment), "description": "Password of the master user of " + d.spec.Identifier,
		"kmsKeyIdRef": d.ref(keyDatabaseKey), "recoveryWindowInDays": days,
	})
	d.add(keyMasterSecretVersion, d.secretVersion, fields{"secretIdRef": d.ref(keyMasterSecret), "secretStringSecretRef": d.passwordSecret()})
}

// connection writes down where the database is, for workloads: External Secrets reads it together with the password.
func (d *database) connection() {
	host := d.observedText(keyDatabase, "status", "atProvider", "endpoint")
	reader := d.observedText(keyDatabase, "status", "atProvider", "readerEndpoint")
	value := d.observedText(keyDatabaseConnection, "spec", "forProvider", "insecureValue")
	if host != "" && reader != "" {
		value = mustJSON(map[string]any{"host": host, "readerHost": reader, "port": portPostgreSQL, "database": d.spec.Name})
	}
	if value == "" {
		d.hold(keyDatabaseConnection, d.parameter.noun)
		return
	}
	d.add(keyDatabaseConnection, d.parameter, fields{
		"type": "String", "insecureValue": value, "description": "Where the database " + d.spec.Identifier + " is",
	}).external(schema.DatabaseParameter(d.meta.Project, d.meta.Environment)).fromObserved("spec.forProvider.insecureValue")
}

// mustJSON is a value as JSON.
func mustJSON(value any) string {
	content, err := json.Marshal(value)
	if err != nil {
		panic(err) // Strings and numbers always encode.
	}
	return string(content)
}

// databaseAccess is what a role needs to read where a database is and its master user's password. RDS chooses the name of the secret that it makes,
// and tags it with the cluster.
func databaseAccess(meta schema.ClaimMeta, clusterARN string) []statement {
	identifier := clusterARN[strings.LastIndex(clusterARN, ":")+1:]
	return []statement{
		{
			Sid: "ReadManagedPassword", Effect: allow, Action: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"},
			Resource:  []string{arn(meta, "secretsmanager", "secret:rds!cluster-*")},
			Condition: conditions{"StringEquals": {resourceTag + "aws:rds:primaryDBClusterArn": clusterARN}},
			Wildcard:  "RDS chooses the name. Only the secret of this cluster, by the tag that RDS gives it and nobody else can.",
		},
		{
			Sid: "FindPassword", Effect: allow, Action: []string{"secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"},
			Resource: []string{"*"}, Condition: conditions{"StringEquals": {"aws:RequestedRegion": meta.Region}},
			Wildcard: "Secrets are found by their tags, and these actions know no resources. They show names; a value needs ReadManagedPassword as well.",
		},
		{
			Sid: "Decrypt", Effect: allow, Action: []string{"kms:Decrypt"}, Resource: []string{arn(meta, "kms", "key/*")},
			Condition: conditions{
				"StringEquals":             {"kms:ViaService": "secretsmanager." + meta.Region + ".amazonaws.com"},
				"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/" + shorten(identifier+"-database", limitAlias)},
			},
			Wildcard: idsOfAWS + "Only the key of this database, by its alias, and only to read secrets.",
		},
		{
			Sid: "ReadConnection", Effect: allow, Action: []string{"ssm:GetParameter", "ssm:GetParameters"},
			Resource: []string{arn(meta, "ssm", "parameter"+schema.DatabaseParameter(meta.Project, meta.Environment))},
		},
	}
}
