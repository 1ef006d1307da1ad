package digest_test

import (
	"testing"

	"github.com/karezflow/karez/engine/script/internal/digest"
)

func TestSums(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"md5": "900150983cd24fb0d6963f7d28e17f72", "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
		"sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "sha3": "",
	} {
		sum, ok := digest.Sum(name, "abc")
		if hex, err := digest.Encode(sum, "hex"); hex != want || err != nil || ok != (want != "") {
			t.Errorf("%s gives %s, %v, %v", name, hex, ok, err)
		}
	}
	if got, err := digest.Encode(digest.HMAC("", ""), "base64"); got != "thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0=" || err != nil {
		t.Errorf("an empty signature is %s, %v", got, err)
	}
	if _, err := digest.Encode(nil, "octal"); err == nil {
		t.Error("an unknown encoding is taken")
	}
}

func TestUUID(t *testing.T) {
	t.Parallel()
	for namespace, want := range map[string]string{
		"dns": "2ed6657d-e927-568b-95e1-2665a8aea6a2", "6ba7b810-9dad-11d1-80b4-00c04fd430c8": "2ed6657d-e927-568b-95e1-2665a8aea6a2",
		"6ba7b8109dad11d180b400c04fd430c8": "", "elsewhere": "", "": "",
	} {
		if got, err := digest.UUID(namespace, "www.example.com"); got != want || (err != nil) != (want == "") {
			t.Errorf("%q gives %q, %v", namespace, got, err)
		}
	}
}
