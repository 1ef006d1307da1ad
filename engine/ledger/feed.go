package ledger

import "time"

// Feed is base data of a connection (基础资料) that a refused document waits for: it is
// due as soon as a flow that reads these data from the connection brings some.
type Feed struct {
	Connection ID
	// Type names the data as Normal gives it, for example bd_material.
	Type string
	// Asked is when the target was asked. What came since may be what was missing then.
	Asked Millis
}

// FeedPause is how long a document waits that base data came for, which was walked so often:
// the first time not at all. Data that come page by page would else wake it with every page.
func FeedPause(walks int, document ID) time.Duration {
	if walks <= 1 {
		return 0
	}
	return Backoff(time.Second, 10*time.Minute, walks-1, document)
}
