package mls

import "parley/mls/public"

// SafeSign signs content as component id with our signature key
// (draft-ietf-mls-extensions-10, Section 4.3); others verify it with
// [public.SafeVerify] and the key of our leaf. The error is [ErrRemoved].
func (g *Group) SafeSign(id public.ComponentID, label string, content []byte) ([]byte, error) {
	if g.removed {
		return nil, ErrRemoved
	}
	return public.SafeSign(g.suite, g.signer, id, label, content)
}

// SafeDecrypt decrypts what [public.SafeEncrypt] encrypted to component id and the
// encryption key of our leaf (draft-ietf-mls-extensions-10, Section 4.2), which
// changes when our leaf is renewed. Errors: [ErrMessage], [ErrRemoved].
func (g *Group) SafeDecrypt(id public.ComponentID, label string, context []byte, c public.HPKECiphertext) ([]byte, error) {
	if g.removed {
		return nil, ErrRemoved
	}
	out, err := public.SafeDecrypt(g.suite, g.keys[g.own.Node()], id, label, context, c)
	if err != nil {
		return nil, ErrMessage
	}
	return out, nil
}
