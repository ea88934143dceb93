package function

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// invalidError is a request that nothing can be composed for: somebody has to change the claim or the pipeline.
type invalidError struct {
	// problems are sentences that name the field, what was found and what is allowed.
	problems []string
}

// A list of ten thousand wrong entries is one mistake, and a status is read by people.
const (
	mostProblems = 10
	mostRunes    = 400
)

// Error joins the sentences.
func (e *invalidError) Error() string {
	sentences := make([]string, 0, mostProblems+1)
	for i, problem := range e.problems {
		if i == mostProblems {
			sentences = append(sentences, fmt.Sprintf("and %d more", len(e.problems)-i))
			break
		}
		sentences = append(sentences, short(problem))
	}
	return strings.Join(sentences, "; ")
}

// short cuts a sentence that quotes a huge value.
func short(sentence string) string {
	if utf8.RuneCountInString(sentence) <= mostRunes {
		return sentence
	}
	return string([]rune(sentence)[:mostRunes]) + " ..."
}

// defectError is what must not happen. The log has the cause; people read who has to do something.
type defectError struct {
	composite string
	err       error
	stack     string
}

func (e *defectError) Error() string { return e.err.Error() }
func (e *defectError) Unwrap() error { return e.err }

func isDefect(err error) bool {
	_, ok := errors.AsType[*defectError](err)
	return ok
}

func stack(err error) string {
	if defect, ok := errors.AsType[*defectError](err); ok {
		return defect.stack
	}
	return ""
}

// refuse is the response to a request that nothing was composed for. Crossplane then leaves everything as it is. The condition tells the claim,
// which would otherwise show only that an error occurred.
func refuse(req *fnv1.RunFunctionRequest, err error) *fnv1.RunFunctionResponse {
	message, reason := err.Error(), reasonInvalid
	if defect, ok := errors.AsType[*defectError](err); ok {
		message = fmt.Sprintf("composing %s hit a defect of genops: nothing is changed, and the log of the function says what happened", defect.composite)
		reason = reasonDefect
	}
	rsp := answerTo(req, req.GetDesired(), 0)
	rsp.Results = []*fnv1.Result{{
		Severity: fnv1.Severity_SEVERITY_FATAL, Message: message, Reason: &reason,
		Target: fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum(),
	}}
	rsp.Conditions = []*fnv1.Condition{condition(fnv1.Status_STATUS_CONDITION_FALSE, reason, message)}
	return rsp
}
