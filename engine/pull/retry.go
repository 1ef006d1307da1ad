package pull

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/karezflow/karez/sdk/fault"
)

// retry calls the vendor again after failures that pass by themselves. The last
// failure is returned as it is.
func (p *Puller) retry(ctx context.Context, call func(context.Context) error) error {
	policy := backoff.NewExponentialBackOff()
	policy.InitialInterval = p.FirstWait
	var last error
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		bounded, cancel := context.WithTimeout(ctx, p.CallTimeout)
		defer cancel()
		last = call(bounded)
		if last == nil {
			return struct{}{}, nil
		}
		f := fault.From(last)
		_, much := errors.AsType[*tooManyError](last)
		switch {
		case much:
			return struct{}{}, backoff.Permanent(last)
		case f.Class != fault.Transient && f.Class != fault.Rate:
			return struct{}{}, backoff.Permanent(last)
		case f.RetryAfter > 0:
			return struct{}{}, backoff.RetryAfter(int(math.Ceil(f.RetryAfter.Seconds())))
		default:
			return struct{}{}, last
		}
	}, backoff.WithBackOff(policy), backoff.WithMaxTries(uint(p.Tries)), backoff.WithMaxElapsedTime(10*time.Minute))
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), last)
	}
	return last
}
