package content_test

import (
	"encoding/hex"
	"reflect"
	"testing"

	. "parley/content"
	"parley/identity"
)

const (
	room  = "mimi://example.com/r/engineering_team"
	alice = "mimi://example.com/u/alice-smith"
	bob   = "mimi://example.com/u/bob-jones"
	cathy = "mimi://example.com/u/cathy-washington"
)

// The ids that the draft gives for its examples.
const (
	originalID = "017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f4"
	replyID    = "015354973c2b65ca937bf1e035ae53a5ab80e947afa43d46920d4202e5cc0b27"
	reactionID = "0158c4288911e50a8f6be3f47746b6682f10fd91bc8c05557aa589a3157aff68"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func id(t testing.TB, s string) MessageID {
	t.Helper()
	if s == "" {
		return MessageID{}
	}
	id, err := MessageIDFrom(unhex(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func single(d Disposition, language, contentType, content string) NestedPart {
	return NestedPart{Disposition: d, Language: language, Body: SinglePart{ContentType: contentType, Content: []byte(content)}}
}

func multi(d Disposition, s PartSemantics, parts ...NestedPart) NestedPart {
	return NestedPart{Disposition: d, Body: MultiPart{Semantics: s, Parts: parts}}
}

func html(language, title, image, alt string) NestedPart {
	return single(DispositionRender, language, "text/html;charset=utf-8",
		"<html><body><h1>"+title+"</h1>\n<img src=\"cid:"+image+"@local.invalid\" alt=\""+alt+"\"/>\n</body></html>")
}

// nested is the draft's example of 11 parts on 4 levels.
func nested(t testing.TB) NestedPart {
	welcome := func(image string) NestedPart {
		return multi(DispositionRender, ChooseOne,
			html("en", "Welcome!", image, "Welcome image"), html("fr", "Bienvenue!", image, "Image bienvenue"))
	}
	return multi(DispositionRender, ChooseOne,
		multi(DispositionRender, ProcessAll, welcome("5"),
			single(DispositionInline, "", "image/gif", string(unhex(t, "dc861ebaa718fd7c3ca159f71a2001a7")))),
		multi(DispositionRender, ProcessAll, welcome("10"),
			single(DispositionInline, "", "image/png", string(unhex(t, "fa444237451a05a72bb0f67037cc1669")))))
}

// An example is a message of the draft, by value.
type example struct {
	name, salt, sender       string
	replaces, topic, replyTo string
	expires                  *Expiration
	part                     NestedPart
	want                     string // message id
	kind                     Kind
}

func (e example) message(t testing.TB) *Message {
	return &Message{
		Salt:       [SaltSize]byte(unhex(t, e.salt)),
		Replaces:   id(t, e.replaces),
		TopicID:    []byte(e.topic),
		Expires:    e.expires,
		InReplyTo:  id(t, e.replyTo),
		Extensions: Extensions{Sender: identity.Account(e.sender), Room: room},
		Part:       e.part,
	}
}

// examples lists those of draft-ietf-mimi-content-08, Section 5 and
// draft-ietf-mimi-content-08, Appendix B. Their ids are those of the draft's
// examples directory: the hex dumps in its text have not followed the change
// of the message id.
func examples(t testing.TB) []example {
	const md, plain = TypeMarkdown, TypePlain
	heart := single(DispositionReaction, "", plain, "\u2764")
	return []example{
		{
			name: "original", salt: "5eed9406c2545547ab6f09f20a18b003", sender: alice, want: originalID, kind: KindText,
			part: single(DispositionRender, "", md, "Hi everyone, we just shipped release 2.0. __Good  work__!"),
		},
		{
			name: "reply", salt: "11a458c73b8dd2cf404db4b378b8fe4d", sender: bob, replyTo: originalID, want: replyID, kind: KindText,
			part: single(DispositionRender, "", md, "Right on! _Congratulations_ 'all!"),
		},
		{
			name: "reaction", salt: "d37bc0e6a8b4f04e9e6382375f587bf6", sender: cathy, replyTo: originalID, want: reactionID, kind: KindReaction,
			part: heart,
		},
		{
			name: "mention", salt: "04f290e215d0f82d1750bfa8b7dc089d", sender: cathy, replyTo: originalID, kind: KindText,
			want: "018d825adf9f6be00dcafc5704c4102f5022e74219d0b603e4ba7622654042af",
			part: single(DispositionRender, "", md, "Kudos to [@Alice Smith](mimi://example.com/u/alice-smith) for making the release happen!"),
		},
		{
			name: "mention-html", salt: "15d9705fd5bf5e02b0af47c85f8b98fe", sender: cathy, replyTo: originalID, kind: KindUnknown,
			want: "01967ff8e9a66819738ad5cf26d2e0388a3b81d86b0f61d129c077d043ee2a4e",
			part: single(DispositionRender, "", "text/html;charset=utf-8",
				`<p>Kudos to <a href="mimi://example.com/u/alice-smith">@Alice Smith</a> for making the release happen!</p>`),
		},
		{
			name: "edit", salt: "b8c2e6d8800ecf45df39be6c45f4c042", sender: bob, replaces: replyID, replyTo: originalID, kind: KindEdit,
			want: "014028c0deddbdea56bec26172f6ede953d11024cb82b8192b5e2aea62d7fb47",
			part: single(DispositionRender, "", md, "Right on! _Congratulations_ y'all!"),
		},
		{
			name: "delete", salt: "0a590d73b2c7761c39168be5ebf7f2e6", sender: bob, replaces: replyID, replyTo: originalID, kind: KindUnsend,
			want: "011d9efc78d04d4dcf4d82b07d5199bbef37011c1f0c7e004b6111c6dda504b4",
			part: NestedPart{Disposition: DispositionRender, Body: NullPart{}},
		},
		{
			name: "unlike", salt: "c5ba86dc9fd272e58ca52ec805b79199", sender: cathy, replaces: reactionID, replyTo: originalID, kind: KindUnsend,
			want: "013aadbb8f313253c8930f4e93c6ca54b2ed06d258185bdcec3870534c8a4ec4",
			part: NestedPart{Disposition: DispositionReaction, Body: NullPart{}},
		},
		{
			name: "expiring", salt: "33be993eb39f418f9295afc2ae160d2d", sender: alice, expires: &Expiration{Seconds: 1644390004}, kind: KindText,
			want: "01e59db8173939facc2c8a4a0f0ae8d0c7a11a81239626630c9464a8d6717a03",
			part: single(DispositionRender, "", md, "__*VPN GOING DOWN*__ I'm rebooting the VPN in ten minutes unless anyone objects."),
		},
		{
			name: "attachment", salt: "18fac6371e4e53f1aeaf8a013155c166", sender: bob, kind: KindUnknown,
			want: "0176180c7d19a925021fe446d241134d05c38e0d999cdc0f39c391d2377ed9d1",
			part: NestedPart{Disposition: DispositionAttachment, Language: "en", Body: ExternalPart{
				ContentType: "video/mp4", URL: "https://example.com/storage/8ksB4bSrrRE.mp4", Size: 708234961, EncAlg: 1,
				Key: unhex(t, "21399320958a6f4c745dde670d95e0d8"), Nonce: unhex(t, "c86cf2c33f21527d1dd76f5b"), AAD: []byte{},
				HashAlg: 1, ContentHash: unhex(t, "9ab17a8cf0890baaae7ee016c7312fcc080ba46498389458ee44f0276e783163"),
				Description: "2 hours of key signing video", Filename: "bigfile.mp4",
			}},
		},
		{
			name: "conferencing", salt: "678ac6cd54de049c3e9665cd212470fa", sender: alice, topic: "Foo 118", kind: KindUnknown,
			want: "01496d15a8dba28d7397f9868b70768e4a67f765d5b5b1ae9e03848c5fdeb0ba",
			part: NestedPart{Disposition: DispositionSession, Body: ExternalPart{
				URL: "https://example.com/join/12345", Key: []byte{}, Nonce: []byte{}, AAD: []byte{}, ContentHash: []byte{},
				Description: "Join the Foo 118 conference",
			}},
		},
		{
			name: "multipart-1", salt: "261c953e178af653fe3d42641b91d814", sender: alice, kind: KindText,
			want: "01da5a515ec5db42cc4dcc19b90c3c31245d8a1cfcce11318f24eb11dce0990e",
			part: multi(DispositionRender, ChooseOne, single(DispositionRender, "", md, "# Welcome!"),
				single(DispositionRender, "", "application/vnd.examplevendor-fancy-im-message", string(unhex(t, "dc861ebaa718fd7c3ca159f71a2001")))),
		},
		{
			name: "multipart-2", salt: "8528dc2d92e4f1944d62042907ab94d0", sender: alice, kind: KindUnknown,
			want: "01d65918c6c51c8e76546337276ae6f4bfd873d867d5cb57c76bcdca3d999dd7",
			part: multi(DispositionReaction, ProcessAll, heart,
				single(DispositionReaction, "", plain, "\U0001f973"), single(DispositionReaction, "", plain, "\U0001f91e")),
		},
		{
			name: "multipart-3", salt: "b8362793168d18c049b882d4642a2274", sender: alice, kind: KindUnknown, part: nested(t),
			want: "01cfebeadbdb83c1eefb6403ba4852daf8bbbf9cd53bf5035a74d5d741950c9f",
		},
	}
}

// The id is a hash of the whole encoding, so that a right id shows right bytes:
// draft-ietf-mimi-content-08, Section 3.3.
func TestExamples(t *testing.T) {
	for _, e := range examples(t) {
		t.Run(e.name, func(t *testing.T) {
			m := e.message(t)
			data, gotID, err := m.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(gotID[:]); got != e.want {
				t.Errorf("message id = %s, want %s", got, e.want)
			}
			back, backID, err := Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if backID != gotID || !reflect.DeepEqual(back, m) {
				t.Errorf("Decode = %+v, want %+v", back, m)
			}
			if got := back.Summary().Kind; got != e.kind {
				t.Errorf("kind = %q, want %q", got, e.kind)
			}
		})
	}
}
