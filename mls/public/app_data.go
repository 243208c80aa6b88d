package public

import "parley/mls/internal/codec"

// A ComponentID names an application component (draft-ietf-mls-extensions,
// "MLS Component Types").
type ComponentID uint16

// LastResortComponent marks a key package of last resort. Its data is empty.
const LastResortComponent ComponentID = 4

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

// LastResortExtension returns the extension that marks a KeyPackage as one of
// last resort. The leaf's capabilities must list its type,
// [AppDataDictionaryExtension].
func LastResortExtension() Extension {
	dict := AppDataDictionary{{ID: LastResortComponent}}
	return Extension{Type: AppDataDictionaryExtension, Data: Marshal(dict)}
}
