package schema

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/format"
	"github.com/google/go-cmp/cmp"
)

// walker visits every field of a definition and notes those that people could not use without reading the code: no comment, or nothing that
// says whether they have to be given.
type walker struct {
	ctx       *cue.Context
	unclear   []string
	documents int
}

// walk visits the fields of a struct. free tells that the fields are entries of a map with names of its own: those need no comment, the map
// has it.
func (w *walker) walk(p string, v cue.Value, free bool) {
	iterator, err := v.Fields(cue.Optional(true))
	if err != nil {
		w.unclear = append(w.unclear, p+": "+err.Error())
		return
	}
	for iterator.Next() {
		name := strings.TrimPrefix(p+"."+iterator.Selector().Unquoted(), ".")
		field := iterator.Value()
		if !free && documentation(field) == "" {
			w.unclear = append(w.unclear, name+": no comment")
		}
		w.documents++
		w.mark(name, iterator.FieldType(), field)
		w.descend(name, field)
	}
}

// mark notes a field that says neither required nor optional and has no default. Structs are open to what is in them.
func (w *walker) mark(name string, constraint cue.SelectorType, field cue.Value) {
	if constraint&(cue.RequiredConstraint|cue.OptionalConstraint) != 0 || field.IncompleteKind() == cue.StructKind {
		return
	}
	if value, ok := field.Default(); !ok && !value.IsConcrete() {
		w.unclear = append(w.unclear, name+": neither required nor optional, and no default")
	}
}

func (w *walker) descend(name string, field cue.Value) {
	if element := elementOf(field); element.Exists() {
		if element.IncompleteKind() == cue.StructKind {
			w.walk(name+"[]", element, false)
		}
		return
	}
	if field.IncompleteKind() != cue.StructKind {
		return
	}
	for _, sample := range sampleNames {
		if slices.Contains(fieldNames(field), sample) {
			continue
		}
		if inner := probe(w.ctx, field, []string{sample}); inner.Exists() && inner.Err() == nil {
			if inner.IncompleteKind() == cue.StructKind {
				w.walk(name+".*", inner, false)
			}
			w.walk(name, field, true)
			return
		}
	}
	w.walk(name, field, slices.ContainsFunc(sampleNames, func(s string) bool { return slices.Contains(fieldNames(field), s) }))
}

func TestEveryFieldIsExplained(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		fields int // At least so many: a walk that stops early proves nothing.
	}{
		"#Environment": {reason: "explain shows the comment, and who writes an environment has nothing else", fields: 150},
		"#Platform":    {reason: "explain shows the comment, and who writes the platform has nothing else", fields: 45},
		"#NetworkSpec": {reason: "kubectl explain shows the comment", fields: 20},
		"#ClusterSpec": {reason: "kubectl explain shows the comment", fields: 30},
		"#EdgeSpec":    {reason: "kubectl explain shows the comment", fields: 30},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEvaluator(t)
			v := definition(t, e, name)
			if name == "#Environment" {
				// Defaults depend on these two; that they are required themselves is seen in TestExplain.
				v = v.FillPath(cue.ParsePath("stage"), string(StageProd)).FillPath(cue.ParsePath("owner"), "team")
			}
			w := &walker{ctx: e.ctx}
			w.walk("", v, false)
			if diff := cmp.Diff([]string(nil), w.unclear); diff != "" {
				t.Errorf("%s:\n%s", tc.reason, diff)
			}
			if w.documents < tc.fields {
				t.Errorf("walked over %d fields, expected at least %d", w.documents, tc.fields)
			}
		})
	}
}

func TestWalkerFindsUnclearFields(t *testing.T) {
	t.Parallel()
	ctx := cuecontext.New()
	v := ctx.CompileString(`
		// Said.
		required!: string
		// Said.
		optional?: string
		// Said.
		default: *"a" | string
		// Said.
		open: string
		// Said.
		list: *[] | [...{
			bare!: int
		}]
		// Said.
		map: [string]: {
			bare?: int
		}
		bare: {
			// Said.
			open: int
		}
	`)
	w := &walker{ctx: ctx}
	w.walk("", v, false)
	want := []string{
		"open: neither required nor optional, and no default",
		"list[].bare: no comment",
		"map.*.bare: no comment",
		"bare: no comment",
		"bare.open: neither required nor optional, and no default",
	}
	slices.Sort(want)
	slices.Sort(w.unclear)
	if diff := cmp.Diff(want, w.unclear); diff != "" {
		t.Errorf("a walker that misses one of these proves nothing (-want +got):\n%s", diff)
	}
}

func TestFilesAreFormatted(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, root := range []string{".", path.Join("..", folder)} {
		fsys := os.DirFS(root)
		err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || path.Ext(name) != ".cue" {
				return err
			}
			seen++
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
			formatted, err := format.Source(text)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(string(formatted), string(text)); diff != "" {
				t.Errorf("%s is not what cue fmt writes (-formatted +file):\n%s", path.Join(root, name), diff)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := 20; seen < want {
		t.Errorf("looked at %d files, expected at least %d", seen, want)
	}
}

// TestContractRefusesWhatAWSRefuses holds the formats against values that are one step right and one step wrong of each limit.
func TestContractRefusesWhatAWSRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		good    []string
		refused []string
	}{
		"#Name": {
			reason:  "a DNS label, with room for what is put around it",
			good:    []string{"a", "dev", "api-v2", strings.Repeat("a", 30)},
			refused: []string{"", "A", "1a", "-a", "a-", "a_b", "a.b", strings.Repeat("a", 31)},
		},
		"#ClusterName": {
			reason:  "names of roles are made from it",
			good:    []string{"a", strings.Repeat("a", 40)},
			refused: []string{"", "9a", "a-", strings.Repeat("a", 41), "Prod"},
		},
		"#RepositoryFolder": {
			reason:  "a path below the repository, that no shell and no Dockerfile reads as anything else",
			good:    []string{".", "web", "services/api", "a.b/c-d_e"},
			refused: []string{"", "..", "/web", "web/", "a//b", "a/../b", ".github", "a/.b", "a b", "a$b", "./web"},
		},
		"#CommandLine": {
			reason:  "one command: it stands in a workflow that runs with a token",
			good:    []string{"npm test", "npm run test:ci", "./test.sh --fast=1", "python -m pytest -q"},
			refused: []string{"", " npm", "npm test; id", "a && b", "a | b", "$(id)", "`id`", "${{ github.token }}", "a\nb", "a > b", "a 'b'", "a \"b\"", "# a"},
		},
		"#LanguageVersion": {
			reason:  "the beginning of a tag",
			good:    []string{"24", "3.13", "22.11.0"},
			refused: []string{"", "v24", "3.13-slim", "latest", "3.", "1.2.3.4", "3.x"},
		},
		"#ActionVersion": {
			reason:  "a release or a commit, and no branch",
			good:    []string{"v4", "v4.2", "v4.2.2", "0123456789abcdef0123456789abcdef01234567"},
			refused: []string{"", "main", "4.2.2", "v4.2.2-beta", "0123456", "0123456789ABCDEF0123456789ABCDEF01234567"},
		},
		"#ImageDigest": {
			reason:  "as registries have it",
			good:    []string{"sha256:" + strings.Repeat("0a", 32)},
			refused: []string{"", strings.Repeat("0a", 32), "sha256:0a", "sha512:" + strings.Repeat("0a", 32), "sha256:" + strings.Repeat("0A", 32)},
		},
		"#DatabaseName": {
			reason:  "no quotes are needed around it in SQL",
			good:    []string{"app", "orders_2", strings.Repeat("a", 63)},
			refused: []string{"", "App", "1a", "a-b", "_a", strings.Repeat("a", 64)},
		},
		"#DatabaseUser": {
			reason:  "no quotes are needed around it in SQL, and RDS takes 16 characters",
			good:    []string{"dbadmin", strings.Repeat("a", 16)},
			refused: []string{"", "Admin", "a.b", strings.Repeat("a", 17)},
		},
		"#DatabaseVersion": {
			reason:  "the major version, or both; the facts know 15 to 17",
			good:    []string{"15", "16.6", "17.10"},
			refused: []string{"", "14", "18", "17.", "17.1.2", "latest"},
		},
		"#DailyWindow": {
			reason:  "as RDS has it, two digits each",
			good:    []string{"00:00-23:59", "23:30-00:30"},
			refused: []string{"", "2:00-3:00", "24:00-01:00", "02:60-03:00", "02:00"},
		},
		"#WeeklyWindow": {
			reason:  "as RDS has it, in lower case",
			good:    []string{"sun:04:00-sun:05:00", "sun:23:30-mon:00:30"},
			refused: []string{"", "Sun:04:00-Sun:05:00", "04:00-05:00", "sun:04:00-05:00"},
		},
		"#TopicARN": {
			reason:  "a topic, in any partition",
			good:    []string{"arn:aws:sns:eu-west-1:111122223333:alarms", "arn:aws-cn:sns:cn-north-1:111122223333:a_b-c"},
			refused: []string{"", "alarms", "arn:aws:sqs:eu-west-1:111122223333:alarms", "arn:aws:sns:eu-west-1:111122223333:"},
		},
		"#DatabaseARN": {
			reason:  "an Aurora cluster, not an instance",
			good:    []string{"arn:aws:rds:eu-west-1:111122223333:cluster:acme-app"},
			refused: []string{"", "arn:aws:rds:eu-west-1:111122223333:db:acme-app", "arn:aws:rds::111122223333:cluster:acme-app"},
		},
		"#AccountID": {
			reason:  "12 digits, leading zeros count",
			good:    []string{"000000000001", "111122223333"},
			refused: []string{"11112222333", "1111222233334", "11112222333a"},
		},
		"#CIDR": {
			reason:  "IPv4 in CIDR notation",
			good:    []string{"0.0.0.0/0", "10.0.0.0/8", "255.255.255.255/32"},
			refused: []string{"10.0.0.0", "10.0.0/8", "256.0.0.0/8", "10.0.0.0/33", "010.0.0.0/8", "::/0", "10.0.0.0/08"},
		},
		"#VPCCIDR": {
			reason:  "/16 to /28 (Amazon VPC user guide)",
			good:    []string{"10.0.0.0/16", "10.0.0.0/28"},
			refused: []string{"10.0.0.0/15", "10.0.0.0/29", "10.0.0.0/8"},
		},
		"#ServiceCIDR": {
			reason:  "/12 to /24 (Amazon EKS)",
			good:    []string{"172.16.0.0/12", "10.100.0.0/24"},
			refused: []string{"10.0.0.0/11", "10.0.0.0/25"},
		},
		"#DomainName": {
			reason:  "at least two labels in lower case",
			good:    []string{"a.bc", "innovate.example", "a-b.c-d.example"},
			refused: []string{"example", "Innovate.example", "-a.example", "a..example", "a.example."},
		},
		"#ZoneName": {
			reason:  "region and one letter",
			good:    []string{"eu-west-1a", "us-gov-west-1b", "ap-southeast-5c"},
			refused: []string{"eu-west-1", "eu-west-1ab", "euw1-az1", "EU-west-1a"},
		},
		"#DurationOrNever": {
			reason:  "Karpenter's CRD has the same pattern",
			good:    []string{"720h", "1h30m", "30s", "Never"},
			refused: []string{"30d", "", "never", "1.5h", "-1h"},
		},
		"#Quantity": {
			reason:  "a Kubernetes quantity that is not negative",
			good:    []string{"4", "500m", "16Gi", "1.5"},
			refused: []string{"", "-1", "16GB", "1,5", "Gi"},
		},
		"#RoleARN": {
			reason:  "EKS takes roles and users, no other ARN",
			good:    []string{"arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef", "arn:aws-us-gov:iam::111122223333:user/ci"},
			refused: []string{"arn:aws:iam::1:role/Admin", "arn:aws:sts::111122223333:assumed-role/A/b", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/"},
		},
		"#LabelKey": {
			reason:  "a name of at most 63 characters, perhaps with a DNS prefix",
			good:    []string{"team", "example.com/team", strings.Repeat("a", 63)},
			refused: []string{"", "-a", "a/b/c", "/a", "Example.com/team", strings.Repeat("a", 64)},
		},
		"#LabelValue": {
			reason:  "at most 63 characters, empty is allowed",
			good:    []string{"", "a", "v1.2_3"},
			refused: []string{"a b", "-a", "a-", strings.Repeat("a", 64)},
		},
		"#TagKey": {
			reason:  "aws: is reserved",
			good:    []string{"team", "cost center", "aws"},
			refused: []string{"", "aws:team", "a?b", strings.Repeat("a", 129)},
		},
		"#TagValue": {
			reason:  "256 characters at most",
			good:    []string{"", "a b", "team@example.com", strings.Repeat("a", 256)},
			refused: []string{"a?b", strings.Repeat("a", 257)},
		},
		"#InstanceType": {
			reason:  "family and size",
			good:    []string{"m7g.large", "m7i-flex.2xlarge", "c7g.metal", "u7i-12tb.224xlarge", "m8g.metal-24xl", "t4g.nano"},
			refused: []string{"m7g", "m7g.big", "M7g.large", "m7g.largexlarge"},
		},
		"#AddonVersion": {
			reason:  "EKS gives versions this form",
			good:    []string{"v1.21.1-eksbuild.3"},
			refused: []string{"1.21.1-eksbuild.3", "v1.21.1", "latest"},
		},
		"#SemVer": {
			reason:  "package tags have it",
			good:    []string{"v2.6.0", "v1.0.0-rc.1"},
			refused: []string{"2.6.0", "v2.6", "latest"},
		},
		"#KubernetesVersion": {
			reason:  "those whose dates genops knows",
			good:    []string{"1.32", "1.35"},
			refused: []string{"1.30", "1.36", "1.35.1"},
		},
	}
	e := newEvaluator(t)
	for name, tc := range cases {
		v := definition(t, e, name)
		for _, text := range tc.good {
			if err := v.Unify(e.ctx.Encode(text)).Validate(cue.Concrete(true)); err != nil {
				t.Errorf("%s: %s refuses %q: %v", tc.reason, name, text, err)
			}
		}
		for _, text := range tc.refused {
			if v.Unify(e.ctx.Encode(text)).Validate(cue.Concrete(true)) == nil {
				t.Errorf("%s: %s takes %q", tc.reason, name, text)
			}
		}
	}
}
