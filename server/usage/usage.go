// Package usage tells which flows use a thing that has a name (a connection, a code
// table, a file), and refuses to delete one that is used.
//
// It may import sdk/fault only.
package usage

import (
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
)

// Flow is one that uses something, by its public id.
type Flow struct{ ID, Title string }

// Document is the draft or a version of a flow.
type Document struct {
	Flow

	// Text is the document, JSON.
	Text []byte
}

// By gives the flows of documents by the names that they use, each flow once for a
// name. Names tells those of a document, which may be one that can't be read.
func By(documents []Document, names func(text []byte) []string) map[string][]Flow {
	users := map[string][]Flow{}
	for _, d := range documents {
		for _, name := range names(d.Text) {
			if !slices.Contains(users[name], d.Flow) {
				users[name] = append(users[name], d.Flow)
			}
		}
	}
	return users
}

// most is how many flows a refusal names.
const most = 5

// Refuse completes the fault that says that something is used with the flows by which.
func Refuse(f *fault.Fault, by []Flow) *fault.Fault {
	titles := make([]string, len(by))
	for i, u := range by {
		titles[i] = u.Title
	}
	slices.Sort(titles)
	return f.Classed(fault.Config).Hinted("take it out of these flows first: %s", strings.Join(titles[:min(len(titles), most)], ", "))
}
