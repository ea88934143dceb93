package schema

import (
	"regexp"
	"strings"
)

// The forms of texts that are a secret whatever they are called. What is masked of one is all of it.
var (
	accessKey   = regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b`)
	gitHubToken = regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})`)
	slackToken  = regexp.MustCompile(`\bxox[abp]-[A-Za-z0-9-]{10,}`)
	privateKey  = regexp.MustCompile(`-{5}BEGIN [A-Z0-9 ]*PRIVATE KEY-{5}(\\.|[^"\\])*`)
)

// secretForm is a form, and what has it.
type secretForm struct {
	form *regexp.Regexp
	what string
}

func secretForms() []secretForm {
	return []secretForm{
		{accessKey, "the id of an AWS access key"},
		{gitHubToken, "a token of GitHub"},
		{slackToken, "a token of Slack"},
		{privateKey, "a private key"},
	}
}

// login is the user and the password in an address.
var login = regexp.MustCompile(`://[^/\s:@"]*:([^/\s@"]+)@`)

// reference is what Kubernetes and shells put the value of a variable in for: a password that is one is not written here.
var reference = regexp.MustCompile(`^\$(\([A-Za-z_][A-Za-z0-9_]*\)|\{[A-Za-z_][A-Za-z0-9_]*\})$`)

// Secret is what a text has in it that has the form of a secret, such as "a token of GitHub". Empty if there is nothing.
func Secret(text string) string {
	for _, known := range secretForms() {
		if known.form.MatchString(text) {
			return known.what
		}
	}
	for _, found := range login.FindAllStringSubmatch(text, -1) {
		if !reference.MatchString(found[1]) {
			return "an address with a password"
		}
	}
	return ""
}

var (
	// userinfo is what stands before the host of an address; a password that should have been escaped may have slashes in it.
	userinfo = regexp.MustCompile(`://([^/\s:@"]*:[^\s"]*|[^/\s"?#]*)@`)
	// query is what follows the path of an address: often a key.
	query = regexp.MustCompile(`(://[^\s"?]*)\?(\\.|[^\s"\\])+`)
)

// Masked is a text, such as a value as it is written in CUE or a message that quotes one, without what may be a secret.
func Masked(text string) string {
	for _, known := range secretForms() {
		text = known.form.ReplaceAllLiteralString(text, "...")
	}
	text = userinfo.ReplaceAllLiteralString(text, "://...@")
	return query.ReplaceAllString(text, "${1}?...")
}

// shortened is a text, as it is written in CUE, with at most 60 characters. A string that is cut keeps its closing quote.
func shortened(text string) string {
	const most = 60
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	open, escaped, cut := false, false, most-len(`..."`)
	for _, r := range runes[:cut] {
		if r == '"' && !escaped {
			open = !open
		}
		escaped = r == '\\' && !escaped
	}
	kept := string(runes[:cut])
	if !open {
		return kept + "..."
	}
	if escaped {
		kept = strings.TrimSuffix(kept, `\`)
	}
	return kept + `..."`
}
