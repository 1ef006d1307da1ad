package v1_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

// A call that fails brings what the vendor answered to it last, as far as it was traced.
func TestTheAnswerToACallThatFails(t *testing.T) {
	t.Parallel()
	refused := fault.New("vendor.7", "no")
	long := strings.Repeat("单", fault.MaxAnswer)
	for name, tt := range map[string]struct {
		traced []string
		err    error
		want   string
	}{
		"a refusal":                          {[]string{`{"code":7}`}, refused, `{"code":7}`},
		"the last of several":                {[]string{`{"token":"***"}`, `{"code":7}`}, refused, `{"code":7}`},
		"no answer to the last":              {[]string{`{"token":"***"}`, ""}, refused, ""},
		"nothing was asked":                  {nil, refused, ""},
		"no fault":                           {[]string{`{"code":7}`}, errors.New("broken"), `{"code":7}`},
		"the connector knows better":         {[]string{`{"code":7}`}, refused.Answered([]byte("its own")), "its own"},
		"a long one":                         {[]string{long}, refused, long[:fault.MaxAnswer-fault.MaxAnswer%3] + "…"},
		"a call that succeeds has no answer": {[]string{`{"code":0}`}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var traced []string
			h := &fakeHost{trace: func(_ context.Context, e connector.Exchange) {
				mu.Lock()
				defer mu.Unlock()
				traced = append(traced, string(e.ResponseBody))
			}}
			r := newRig(t, &fakeConnector{open: func(_ context.Context, _ connector.Account, there connector.Host) (connector.Session, error) {
				return &fakeSession{write: func(ctx context.Context, _ connector.Batch) (connector.Answers, error) {
					for _, body := range tt.traced {
						there.Trace(ctx, connector.Exchange{ResponseBody: []byte(body)})
					}
					return connector.Answers{}, tt.err
				}}, nil
			}})
			_, err := r.session(t, h).(peer.Full).Write(t.Context(), connector.Batch{})
			if (err == nil) != (tt.err == nil) {
				t.Fatal(err)
			}
			got := ""
			if err != nil {
				got = string(fault.From(err).Answer())
			}
			if got != tt.want {
				t.Errorf("%.100q (%d bytes), want %.100q (%d bytes)", got, len(got), tt.want, len(tt.want))
			}
			if mu.Lock(); !slices.Equal(traced, tt.traced) {
				t.Errorf("traced was %.100q", traced)
			}
			mu.Unlock()
		})
	}
}
