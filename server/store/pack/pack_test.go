package pack_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store/pack"
)

// rounds are what a property test does in one check: the number of checks is low,
// for chaos is slow.
const rounds = 25

// payloads draws what may be in a pack, empty payloads and repetitions included.
func payloads() *rapid.Generator[[][]byte] {
	return rapid.SliceOfN(rapid.OneOf(
		rapid.SliceOf(rapid.Byte()),
		rapid.Custom(func(t *rapid.T) []byte {
			return bytes.Repeat([]byte(rapid.String().Draw(t, "text")), rapid.IntRange(0, 300).Draw(t, "times"))
		}),
	), 0, 12)
}

func TestPacksGiveBackWhatWentIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		for range rounds {
			in := payloads().Draw(t, "payloads")
			out, err := pack.Decode(pack.Encode(in))
			if err != nil || !slices.EqualFunc(in, out, bytes.Equal) {
				t.Fatalf("%q became %q, %v", in, out, err)
			}
			// Payloads lie side by side: appending to one must not reach into the next.
			for i := range out {
				_ = append(out[i], "overflow"...) //nolint:gocritic // on purpose
			}
			if !slices.EqualFunc(in, out, bytes.Equal) {
				t.Fatal("an append changed the payload behind")
			}
		}
	})
}

// broken decodes bytes that may be anything.
func broken(t interface{ Fatalf(string, ...any) }, packed []byte) {
	_, err := pack.Decode(packed)
	if f := fault.From(err); f != nil && (f.Code != "store.pack_broken" || f.Class != fault.Internal) {
		t.Fatalf("%x: %v", packed, err)
	}
}

func TestCorruptedPacks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		for range rounds {
			packed := slices.Clone(pack.Encode(payloads().Draw(t, "payloads")))
			for range rapid.IntRange(1, 4).Draw(t, "wounds") {
				packed = wounded(t, packed)
			}
			broken(t, packed)
		}
	})
}

// wounded cuts bytes short, puts one in or turns a bit.
func wounded(t *rapid.T, packed []byte) []byte {
	at := rapid.IntRange(0, len(packed)).Draw(t, "at")
	switch rapid.IntRange(0, 2).Draw(t, "wound") {
	case 0:
		return packed[:at]
	case 1:
		return slices.Insert(packed, at, rapid.Byte().Draw(t, "byte"))
	default:
		if at < len(packed) {
			packed[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		return packed
	}
}

// frame compresses bytes that Encode would never write.
func frame(tb testing.TB, numbers []uint64, rest string) []byte {
	tb.Helper()
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		tb.Fatal(err)
	}
	var plain []byte
	for _, n := range numbers {
		plain = binary.AppendUvarint(plain, n)
	}
	return encoder.EncodeAll(append(plain, rest...), nil)
}

// A sound frame whose contents are no pack.
func TestFramesThatAreNoPacks(t *testing.T) {
	t.Parallel()
	for name, packed := range map[string][]byte{
		"nothing":                       nil,
		"an empty frame":                frame(t, nil, ""),
		"more payloads than bytes":      frame(t, []uint64{1000, 1, 2}, "xyz"),
		"more payloads than memory":     frame(t, []uint64{math.MaxUint64}, "xyz"),
		"a number without end":          frame(t, nil, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		"sizes missing":                 frame(t, []uint64{3, 1}, "\xff"),
		"a size beyond the end":         frame(t, []uint64{2, 1, 9}, "xyz"),
		"a size beyond what is counted": frame(t, []uint64{1, math.MaxUint64}, "xyz"),
		"no frame":                      []byte(`{"plain":"text"}`),
	} {
		if _, err := pack.Decode(packed); fault.CodeOf(err) != "store.pack_broken" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if out, err := pack.Decode(frame(t, []uint64{2, 1, 0}, "x")); err != nil || len(out) != 2 || string(out[0]) != "x" || len(out[1]) != 0 {
		t.Errorf("a sound pack: %q, %v", out, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(pack.Encode([][]byte{[]byte(`{"no":"A-1"}`), nil, []byte("单据")}))
	f.Add(frame(f, []uint64{2, 1, 9}, "xyz"))
	f.Add(frame(f, []uint64{math.MaxUint64}, ""))
	f.Fuzz(func(t *testing.T, packed []byte) { broken(t, packed) })
}
