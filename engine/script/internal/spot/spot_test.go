package spot_test

import (
	"testing"

	"github.com/karezflow/karez/engine/script/internal/spot"
)

func TestOf(t *testing.T) {
	t.Parallel()
	const source = "a\r\n\t单据 = x\n"
	for _, c := range []struct {
		line, column int
		want         spot.Spot
	}{
		{1, 1, spot.Spot{Line: 1, Column: 1, Excerpt: "a\n^"}},
		{2, 8, spot.Spot{Line: 2, Column: 4, Excerpt: "\t单据 = x\n\t　　^"}},
		{2, 99, spot.Spot{Line: 2, Column: 8, Excerpt: "\t单据 = x\n\t　　    ^"}},
		{9, 4, spot.Spot{Line: 9, Column: 4}},
		{0, 0, spot.Spot{Line: 1, Column: 1}},
	} {
		if got := spot.Of(source, c.line, c.column); got != c.want {
			t.Errorf("%d:%d is %+v, want %+v", c.line, c.column, got, c.want)
		}
	}
}
