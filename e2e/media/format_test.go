package media

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"testing"

	"parley/media"
)

// An Attachment is a descriptor as the page has it.
type Attachment struct {
	Blob   string `json:"blob"`
	Key    string `json:"key"`
	Hash   string `json:"hash"`
	Size   int64  `json:"size"`
	Sealed int64  `json:"sealed"`
	Type   string `json:"type"`
}

// pattern is a plaintext that differs in each chunk.
func pattern(size int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(i*7 + (i>>8)*13 + size)
	}
	return p
}

// seal seals bytes by Go, and keeps the blob at the server.
func (p *page) seal(plain []byte, kind string) Attachment {
	p.t.Helper()
	var b bytes.Buffer
	s, err := media.Seal(&b, bytes.NewReader(plain), int64(len(plain)), media.NewKey())
	if err != nil {
		p.t.Fatal(err)
	}
	return Attachment{
		Blob: p.put(b.Bytes()), Key: base64.RawURLEncoding.EncodeToString(s.Key[:]), Hash: hex.EncodeToString(s.Hash[:]),
		Size: s.Size, Sealed: s.SealedSize, Type: kind,
	}
}

// TypeScript seals each vector to the same bytes as Go, and opens it.
func TestVectors(t *testing.T) {
	p := open(t, false)
	got := do[[]string](p, `(async () => {
		const bad = [];
		const vectors = await (await fetch("/vectors.json")).json();
		for (const v of vectors) {
			const plain = pattern(v.size);
			const { blob, described } = await sealed(new Blob([plain]), format.unhex(v.key), format.unhex(v.salt));
			const head = format.hex(blob.subarray(0, 56)), tail = format.hex(blob.subarray(-32));
			const want = { blob: v.blob, key: format.base64url(format.unhex(v.key)), size: v.size, sealed: v.sealed, hash: v.hash };
			if (JSON.stringify(described) !== JSON.stringify(want)) bad.push(v.size + ": " + JSON.stringify(described));
			if (head !== v.head || tail !== v.tail || format.paddedSize(v.size) !== v.padded) bad.push(v.size + ": head, tail or padding");
			if (!format.same(await opened(blob, want), plain)) bad.push(v.size + ": opened");
		}
		return vectors.length < 8 ? ["too few vectors"] : bad;
	})()`)
	for _, problem := range got {
		t.Error(problem)
	}
	sizes := []int64{0, 1, 2, 3, 9, 255, 256, 257, 16385, 1<<20 - 1, 1<<20 + 1, 100e6, 1<<30 + 1, 1 << 40, 1<<45 + 12345, media.MaxSize}
	padded := do[[]int64](p, js(sizes)+`.map(format.paddedSize)`)
	for i, size := range sizes {
		if padded[i] != media.PaddedSize(size) {
			t.Errorf("paddedSize(%d) = %d, want %d", size, padded[i], media.PaddedSize(size))
		}
	}
}

// What Go seals TypeScript opens, and the other way round, under fresh keys.
func TestAcross(t *testing.T) {
	p := open(t, false)
	const size = 3<<20 + 4321
	a := p.seal(pattern(size), "video/mp4")
	got := do[[2]any](p, `download(`+js(a)+`, `+js(p.room)+`).then(async (b) => [b.type, format.same(await bytes(b), pattern(b.size))])`)
	if got[0] != "video/mp4" || got[1] != true {
		t.Errorf("what Go sealed: %v", got)
	}
	b := do[Attachment](p, `upload(new Blob([pattern(`+js(size)+`)]))`)
	key, err := base64.RawURLEncoding.DecodeString(b.Key)
	if err != nil {
		t.Fatal(err)
	}
	want := media.Sealed{Key: media.Key(key), Blob: name(t, b.Blob), Hash: name(t, b.Hash), Size: b.Size, SealedSize: b.Sealed}
	var out bytes.Buffer
	if err := media.Open(&out, bytes.NewReader(p.blobs[b.Blob]), want); err != nil || !bytes.Equal(out.Bytes(), pattern(size)) {
		t.Errorf("what TypeScript sealed: %v, %d bytes", err, out.Len())
	}
}

func name(t testing.TB, s string) [32]byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 32 {
		t.Fatalf("%q: %v", s, err)
	}
	return [32]byte(b)
}

// Each attack is refused whole: openAll returns nothing.
func TestAttacks(t *testing.T) {
	p := open(t, false)
	got := do[map[string]string](p, `(async () => {
		const C = 16400, H = 56;
		const plain = pattern(3 * 16384 + 5000);
		const { blob, described } = await sealed(new Blob([plain]));
		const cut = (from, to) => { const out = new Uint8Array(blob.length - (to - from)); out.set(blob.subarray(0, from)); out.set(blob.subarray(to), from); return out; };
		const more = (n) => { const out = new Uint8Array(blob.length + n); out.set(blob); return out; };
		const change = (fn) => { const b = blob.slice(); fn(b); return b; };
		const other = await sealed(new Blob([plain]));
		const sized = (size) => ({ ...described, size, sealed: format.sealedSize(size) });
		const attacks = {
			"a flipped bit of a chunk": [change((b) => (b[H + C + 9] ^= 1))],
			"a flipped bit of a tag": [change((b) => (b[b.length - 1] ^= 1))],
			"a flipped bit of the salt": [change((b) => (b[0] ^= 1))],
			"a flipped bit of the commitment": [change((b) => (b[55] ^= 1))],
			"swapped chunks": [change((b) => { const x = b.slice(H, H + C); b.copyWithin(H, H + C, H + 2 * C); b.set(x, H + C); })],
			"a chunk twice": [change((b) => b.copyWithin(H + C, H, H + C))],
			"a chunk left out": [cut(H + C, H + 2 * C)],
			"a chunk cut off": [cut(H + 3 * C, blob.length)],
			"a byte cut off": [cut(blob.length - 1, blob.length)],
			"only the head": [blob.slice(0, H)],
			"nothing": [new Uint8Array(0)],
			"a byte more": [more(1)],
			"a chunk more": [more(C)],
			"chunks of another blob": [change((b) => b.set(other.blob.subarray(H), H))],
			"the other blob's whole": [other.blob],
			"another key": [blob, { ...described, key: other.described.key }],
			"another blob's head": [change((b) => b.set(other.blob.subarray(0, H))), { ...described, key: other.described.key }],
			"a smaller size, without its blob's": [blob, { ...described, size: 5 }],
			"a smaller size, with its blob's": [blob, sized(5)],
			"a larger size, with its blob's": [blob, sized(1e6)],
			"a size in the padding": [blob, { ...described, size: described.size + 1 }],
			"a size that isn't whole": [blob, { ...described, size: 5.5 }],
			"a negative size": [blob, { ...described, size: -1 }],
			"a size that isn't a number": [blob, { ...described, size: "9" }],
			"another name": [blob, { ...described, blob: other.described.blob }],
			"another hash": [blob, { ...described, hash: "00".repeat(32) }],
			"a key that is none": [blob, { ...described, key: "AA" }],
		};
		const got = {};
		for (const [name, [b, a = described]] of Object.entries(attacks)) {
			const r = await opened(b, a).catch(caught);
			got[name] = r.failed ?? r.length + " bytes";
		}
		got.none = (await opened(blob, described).catch(caught)).failed ?? "opened";
		return got;
	})()`)
	if got["none"] != "opened" {
		t.Errorf("without an attack: %s", got["none"])
	}
	delete(got, "none")
	if len(got) < 25 {
		t.Errorf("%d attacks", len(got))
	}
	for attack, outcome := range got {
		if outcome != "wrong" {
			t.Errorf("%s: got %s, want wrong", attack, outcome)
		}
	}
}

// A sender that pads with something else than zeros is refused, and one ciphertext
// doesn't open under a second key: the commitment is checked before any chunk.
func TestPaddingAndCommitment(t *testing.T) {
	p := open(t, false)
	got := do[[]string](p, `(async () => {
		const key = crypto.getRandomValues(new Uint8Array(32)), salt = new Uint8Array(24);
		const box = await Box.of(key, salt);
		const plain = pattern(format.paddedSize(5000));
		const blob = new Uint8Array(format.sealedSize(5000));
		blob.set(box.head());
		blob.set((await box.seal(plain, 0, true))[0], 56);
		const digest = async (b) => format.hex(new Uint8Array(await crypto.subtle.digest("SHA-256", b)));
		const a = { blob: await digest(blob), key: format.base64url(key), size: 5000, sealed: blob.length, hash: await digest(plain.slice(0, 5000)) };
		const padding = (await opened(blob, a).catch(caught)).failed ?? "opened";
		const second = crypto.getRandomValues(new Uint8Array(32));
		const heads = [format.hex(box.head()), format.hex((await Box.of(second, salt)).head())];
		const under = (await opened(blob, { ...a, key: format.base64url(second) }).catch(caught)).failed ?? "opened";
		return [padding, under, String(heads[0] === heads[1])];
	})()`)
	if want := []string{"wrong", "wrong", "false"}; js(got) != js(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
