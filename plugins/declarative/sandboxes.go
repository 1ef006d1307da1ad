package main

import (
	"net/http"
	"time"

	guanyi "github.com/karezflow/karez/plugins/guanyi/sandbox"
	kuaidi100 "github.com/karezflow/karez/plugins/kuaidi100/sandbox"
	lingxing "github.com/karezflow/karez/plugins/lingxing/sandbox"
	ultimate "github.com/karezflow/karez/plugins/wangdiantong-ultimate/sandbox"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// sandboxes makes the simulated systems of the shipped connectors, by their ids. One that is
// not shipped has none.
func sandboxes() map[string]func(clock func() time.Time) http.Handler {
	return map[string]func(clock func() time.Time) http.Handler{
		"guanyi": func(clock func() time.Time) http.Handler {
			return sandboxkit.New(guanyi.New(clock, guanyi.Defaults()), clock)
		},
		"kuaidi100": func(clock func() time.Time) http.Handler {
			return sandboxkit.New(kuaidi100.New(clock, kuaidi100.Defaults()), clock)
		},
		"lingxing": func(clock func() time.Time) http.Handler {
			return sandboxkit.New(lingxing.New(clock, lingxing.Defaults()), clock)
		},
		"wangdiantong-ultimate": func(clock func() time.Time) http.Handler {
			return sandboxkit.New(ultimate.New(clock, ultimate.Defaults()), clock)
		},
	}
}
