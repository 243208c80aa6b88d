package media

import "math/bits"

// PaddedSize returns the length that a plaintext of size bytes is padded to with
// zeros: Padmé, by which the length of what is at most M bytes tells O(log log M)
// bits, for at most 12 % more bytes (Nikitin et al., "Reducing Metadata Leakage
// from Encrypted Files and Communication with PURBs", PoPETs 2019(4), Algorithm 1).
// A size below 2 stays.
func PaddedSize(size int64) int64 {
	if size < 2 {
		return max(size, 0)
	}
	exponent := bits.Len64(uint64(size)) - 1    // floor(log2(size))
	kept := bits.Len64(uint64(exponent))        // floor(log2(exponent)) + 1
	mask := int64(1)<<max(exponent-kept, 0) - 1 // the low bits that are rounded up
	return (size + mask) &^ mask
}

// SealedSize returns the bytes of the blob of a plaintext of size bytes.
func SealedSize(size int64) int64 {
	padded := PaddedSize(size)
	return HeadSize + padded + (padded/ChunkSize+1)*TagSize
}

// chunkAt returns where a chunk begins in the blob.
func chunkAt(chunk int64) int64 { return HeadSize + chunk*sealedChunk }
