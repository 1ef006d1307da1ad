package plan

import (
	"time"

	"github.com/karezflow/karez/engine/value"
)

// Posting is how a webhook takes requests.
type Posting struct {
	// Token says that requests carry a token; otherwise they are signed.
	Token bool
	// Records is the path of the array whose elements are the documents, "$" where the
	// body is that array; "" where the body is the document.
	Records string
	// Wait is how long a request waits for what became of its documents; 0 not at all.
	Wait time.Duration
}

// Reply is what a respond node answers.
type Reply struct {
	// Status is that of HTTP.
	Status int
	// Body builds the answer; nil answers an empty object.
	Body *value.Mapping
}
