package public

import (
	"slices"

	"parley/mls/internal/codec"
)

// A ComponentID names an application component
// (draft-ietf-mls-extensions-10, Section 4.1). Those from 0x8000 are for private
// use.
type ComponentID uint16

// Components of draft-ietf-mls-extensions-10, Section 7.5.
const (
	// AppComponents holds a [ComponentsList]: in a leaf the components that the
	// member supports, in a GroupContext those that all must.
	AppComponents ComponentID = 1
	// SafeAADComponent holds a [ComponentsList] likewise, of those that attach
	// items to messages ([SafeAAD]).
	SafeAADComponent ComponentID = 2
	// LastResortComponent marks a key package of last resort. Its data is empty.
	LastResortComponent ComponentID = 4
)

// ComponentData is what one component attaches to an object.
type ComponentData struct {
	ID   ComponentID
	Data []byte
}

// MarshalMLS implements [Encoder].
func (d *ComponentData) MarshalMLS(w *codec.Writer) {
	w.Uint16(uint16(d.ID))
	w.Vector(d.Data)
}

// UnmarshalMLS implements [Decoder].
func (d *ComponentData) UnmarshalMLS(r *codec.Reader) {
	d.ID = ComponentID(r.Uint16())
	d.Data = r.Vector()
}

// AppDataDictionary is the content of the app_data_dictionary extension:
// components in increasing order of their IDs, each at most once.
type AppDataDictionary []ComponentData

// MarshalMLS implements [Encoder].
func (d AppDataDictionary) MarshalMLS(w *codec.Writer) { marshalList(w, d) }

// UnmarshalMLS implements [Decoder]. It fails if the order is wrong.
func (d *AppDataDictionary) UnmarshalMLS(r *codec.Reader) {
	*d = unmarshalList[ComponentData](r)
	for i := 1; i < len(*d); i++ {
		if (*d)[i-1].ID >= (*d)[i].ID {
			r.Fail(invalidValue{"component order", uint64((*d)[i].ID)})
			return
		}
	}
}

// Find returns the data of component id, and whether it is present.
func (d AppDataDictionary) Find(id ComponentID) ([]byte, bool) {
	for i := range d {
		if d[i].ID == id {
			return d[i].Data, true
		}
	}
	return nil, false
}

// With returns a copy in which component id has data.
func (d AppDataDictionary) With(id ComponentID, data []byte) AppDataDictionary {
	out := d.Without(id)
	at := 0
	for at < len(out) && out[at].ID < id {
		at++
	}
	return slices.Insert(out, at, ComponentData{ID: id, Data: data})
}

// Without returns a copy without component id.
func (d AppDataDictionary) Without(id ComponentID) AppDataDictionary {
	return slices.DeleteFunc(slices.Clone(d), func(c ComponentData) bool { return c.ID == id })
}

// Extension returns the app_data_dictionary extension that holds d.
func (d AppDataDictionary) Extension() Extension {
	return Extension{Type: AppDataDictionaryExtension, Data: Marshal(d)}
}

// A ComponentsList is a list of components
// (draft-ietf-mls-extensions-10, Section 5). Unknown ones mean nothing.
type ComponentsList []ComponentID

// MarshalMLS implements [Encoder].
func (l ComponentsList) MarshalMLS(w *codec.Writer) { writeUint16s(w, l) }

// UnmarshalMLS implements [Decoder].
func (l *ComponentsList) UnmarshalMLS(r *codec.Reader) { *l = readUint16s[ComponentID](r) }

// Dictionary returns the content of the app_data_dictionary extension, empty if
// there is none. The error wraps [ErrMalformed].
func (e Extensions) Dictionary() (AppDataDictionary, error) { return e.dictionary() }

func (e Extensions) dictionary() (AppDataDictionary, error) {
	data, ok := e.Find(AppDataDictionaryExtension)
	if !ok {
		return nil, nil
	}
	dict, err := Parse[AppDataDictionary](data)
	if err != nil {
		return nil, err
	}
	return *dict, nil
}

// dictionaryFits reports whether the dictionary, if there is one, has its form:
// sorted, each component at most once (draft-ietf-mls-extensions-10, Section 4.6).
func (e Extensions) dictionaryFits() bool {
	_, err := e.dictionary()
	return err == nil
}

// WithDictionary returns a copy whose dictionary is d, in its old place or else
// at the end.
func (e Extensions) WithDictionary(d AppDataDictionary) Extensions {
	out := slices.Clone(e)
	i := slices.IndexFunc(out, func(x Extension) bool { return x.Type == AppDataDictionaryExtension })
	if i < 0 {
		return append(out, d.Extension())
	}
	out[i] = d.Extension()
	return out
}

// components returns the list that component id holds in e, and whether it is
// there.
func (e Extensions) components(id ComponentID) (ComponentsList, bool, error) {
	dict, err := e.dictionary()
	if err != nil {
		return nil, false, err
	}
	data, ok := dict.Find(id)
	if !ok {
		return nil, false, nil
	}
	list, err := Parse[ComponentsList](data)
	if err != nil {
		return nil, false, err
	}
	return *list, true, nil
}

// SafeAAD is how authenticated data is framed in a group whose GroupContext has
// the safe_aad component (draft-ietf-mls-extensions-10, Section 4.9): items of
// components in increasing order of their IDs, each at most once.
type SafeAAD = AppDataDictionary

// CheckAAD checks the authenticated data of a message of a group with these
// extensions: if they have the safe_aad component it must be a [SafeAAD], else
// the error is a [*RuleError].
func (e Extensions) CheckAAD(authenticatedData []byte) error {
	_, safe, err := e.components(SafeAADComponent)
	if err != nil {
		return &RuleError{Rule: RuleGroupExtensions, Err: err}
	}
	if !safe {
		return nil
	}
	if _, err := Parse[SafeAAD](authenticatedData); err != nil {
		return &RuleError{Rule: RuleSafeAAD, Err: err}
	}
	return nil
}

// LastResortExtension returns the extension that marks a KeyPackage as one of
// last resort. The leaf's capabilities must list its type,
// [AppDataDictionaryExtension].
func LastResortExtension() Extension {
	return AppDataDictionary{{ID: LastResortComponent}}.Extension()
}
