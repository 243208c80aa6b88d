package mlsclient

// The messages of the service. Identifiers of states, transactions (key packages
// that wait for their Welcome), reinitializations and signers are the server's.
type (
	// Empty is a message without fields.
	Empty struct{}

	NameResponse struct {
		Name string `pb:"1"`
	}
	SuitesResponse struct {
		Suites []uint32 `pb:"1"`
	}

	CreateGroupRequest struct {
		GroupID          []byte `pb:"1"`
		Suite            uint32 `pb:"2"`
		EncryptHandshake bool   `pb:"3"` // commits and proposals as PrivateMessage
		Identity         []byte `pb:"4"`
	}
	// StateRequest asks something of a state.
	StateRequest struct {
		StateID uint32 `pb:"1"`
	}
	StateResponse struct {
		StateID uint32 `pb:"1"`
	}
	// EpochResponse tells a state and what proves its epoch.
	EpochResponse struct {
		StateID            uint32 `pb:"1"`
		EpochAuthenticator []byte `pb:"2"`
	}

	CreateKeyPackageRequest struct {
		Suite    uint32 `pb:"1"`
		Identity []byte `pb:"2"`
	}
	CreateKeyPackageResponse struct {
		TransactionID  uint32 `pb:"1"`
		KeyPackage     []byte `pb:"2"`
		InitPriv       []byte `pb:"3"`
		EncryptionPriv []byte `pb:"4"`
		SignaturePriv  []byte `pb:"5"`
	}
	JoinGroupRequest struct {
		TransactionID    uint32 `pb:"1"`
		Welcome          []byte `pb:"2"`
		EncryptHandshake bool   `pb:"3"`
		Identity         []byte `pb:"4"`
		RatchetTree      []byte `pb:"5"` // if the Welcome has none
	}

	PreSharedKey struct {
		ID     []byte `pb:"1"`
		Secret []byte `pb:"2"`
	}
	ExternalJoinRequest struct {
		GroupInfo        []byte         `pb:"1"`
		RatchetTree      []byte         `pb:"2"` // if the GroupInfo has none
		EncryptHandshake bool           `pb:"3"`
		Identity         []byte         `pb:"4"`
		RemovePrior      bool           `pb:"5"`
		PSKs             []PreSharedKey `pb:"6"`
	}
	ExternalJoinResponse struct {
		StateID            uint32 `pb:"1"`
		Commit             []byte `pb:"2"`
		EpochAuthenticator []byte `pb:"3"`
	}

	GroupInfoRequest struct {
		StateID      uint32 `pb:"1"`
		ExternalTree bool   `pb:"2"` // the tree apart from the GroupInfo
	}
	GroupInfoResponse struct {
		GroupInfo   []byte `pb:"1"`
		RatchetTree []byte `pb:"2"`
	}
	StateAuthResponse struct {
		StateAuthSecret []byte `pb:"1"`
	}
	ExportRequest struct {
		StateID   uint32 `pb:"1"`
		Label     string `pb:"2"`
		Context   []byte `pb:"3"`
		KeyLength uint32 `pb:"4"`
	}
	ExportResponse struct {
		ExportedSecret []byte `pb:"1"`
	}
	ProtectRequest struct {
		StateID           uint32 `pb:"1"`
		AuthenticatedData []byte `pb:"2"`
		Plaintext         []byte `pb:"3"`
	}
	ProtectResponse struct {
		Ciphertext []byte `pb:"1"`
	}
	UnprotectRequest struct {
		StateID    uint32 `pb:"1"`
		Ciphertext []byte `pb:"2"`
	}
	UnprotectResponse struct {
		AuthenticatedData []byte `pb:"1"`
		Plaintext         []byte `pb:"2"`
	}
	StorePSKRequest struct {
		ID     uint32 `pb:"1"` // of a state or a transaction
		PSKID  []byte `pb:"2"`
		Secret []byte `pb:"3"`
	}

	// ProposalResponse carries a proposal as MLSMessage.
	ProposalResponse struct {
		Proposal []byte `pb:"1"`
	}
	AddProposalRequest struct {
		StateID    uint32 `pb:"1"`
		KeyPackage []byte `pb:"2"`
	}
	RemoveProposalRequest struct {
		StateID   uint32 `pb:"1"`
		RemovedID []byte `pb:"2"` // an identity
	}
	ExternalPSKProposalRequest struct {
		StateID uint32 `pb:"1"`
		PSKID   []byte `pb:"2"`
	}
	ResumptionPSKProposalRequest struct {
		StateID uint32 `pb:"1"`
		EpochID uint64 `pb:"2"`
	}
	Extension struct {
		Type uint32 `pb:"1"`
		Data []byte `pb:"2"`
	}
	ExtensionsProposalRequest struct {
		StateID    uint32      `pb:"1"`
		Extensions []Extension `pb:"2"`
	}
	ReInitProposalRequest struct {
		StateID    uint32      `pb:"1"`
		Suite      uint32      `pb:"2"`
		GroupID    []byte      `pb:"3"`
		Extensions []Extension `pb:"4"`
	}

	// ProposalDescription is a proposal by value. Type says which other fields
	// count; see the constants Describe….
	ProposalDescription struct {
		Type       []byte      `pb:"1"`
		KeyPackage []byte      `pb:"2"`
		RemovedID  []byte      `pb:"3"`
		PSKID      []byte      `pb:"4"`
		EpochID    uint64      `pb:"5"`
		Extensions []Extension `pb:"6"`
		GroupID    []byte      `pb:"7"`
		Suite      uint32      `pb:"8"`
	}

	CommitRequest struct {
		StateID      uint32                `pb:"1"`
		ByReference  [][]byte              `pb:"2"` // proposals as MLSMessages, own ones among them
		ByValue      []ProposalDescription `pb:"3"`
		ForcePath    bool                  `pb:"4"`
		ExternalTree bool                  `pb:"5"` // the Welcome carries no tree
	}
	CommitResponse struct {
		Commit      []byte `pb:"1"`
		Welcome     []byte `pb:"2"`
		RatchetTree []byte `pb:"3"`
	}
	HandleCommitRequest struct {
		StateID   uint32   `pb:"1"`
		Proposals [][]byte `pb:"2"`
		Commit    []byte   `pb:"3"`
	}

	ReInitCommitResponse struct {
		ReInitID           uint32 `pb:"1"`
		KeyPackage         []byte `pb:"2"`
		EpochAuthenticator []byte `pb:"3"`
	}
	ReInitWelcomeRequest struct {
		ReInitID     uint32   `pb:"1"`
		KeyPackages  [][]byte `pb:"2"`
		ForcePath    bool     `pb:"3"`
		ExternalTree bool     `pb:"4"`
	}
	SubgroupResponse struct {
		StateID            uint32 `pb:"1"`
		Welcome            []byte `pb:"2"`
		RatchetTree        []byte `pb:"3"`
		EpochAuthenticator []byte `pb:"4"`
	}
	HandleReInitWelcomeRequest struct {
		ReInitID    uint32 `pb:"1"`
		Welcome     []byte `pb:"2"`
		RatchetTree []byte `pb:"3"`
	}

	CreateBranchRequest struct {
		StateID      uint32      `pb:"1"`
		GroupID      []byte      `pb:"2"`
		Extensions   []Extension `pb:"3"`
		KeyPackages  [][]byte    `pb:"4"`
		ForcePath    bool        `pb:"5"`
		ExternalTree bool        `pb:"6"`
	}
	HandleBranchRequest struct {
		StateID       uint32 `pb:"1"`
		TransactionID uint32 `pb:"2"`
		Welcome       []byte `pb:"3"`
		RatchetTree   []byte `pb:"4"`
	}

	NewMemberAddRequest struct {
		GroupInfo []byte `pb:"1"`
		Identity  []byte `pb:"2"`
	}
	NewMemberAddResponse struct {
		TransactionID  uint32 `pb:"1"`
		Proposal       []byte `pb:"2"`
		InitPriv       []byte `pb:"3"`
		EncryptionPriv []byte `pb:"4"`
		SignaturePriv  []byte `pb:"5"`
	}
	CreateExternalSignerRequest struct {
		Suite    uint32 `pb:"1"`
		Identity []byte `pb:"2"`
	}
	CreateExternalSignerResponse struct {
		SignerID       uint32 `pb:"1"`
		ExternalSender []byte `pb:"2"` // an ExternalSender (RFC 9420, Section 12.1.8.1)
	}
	AddExternalSignerRequest struct {
		StateID        uint32 `pb:"1"`
		ExternalSender []byte `pb:"2"`
	}
	ExternalSignerProposalRequest struct {
		SignerID    uint32              `pb:"1"`
		SignerIndex uint32              `pb:"2"` // the runner leaves it 0
		GroupInfo   []byte              `pb:"3"`
		RatchetTree []byte              `pb:"4"`
		Description ProposalDescription `pb:"5"`
	}
)

// Types of ProposalDescription, with the fields that count.
const (
	DescribeAdd           = "add"                    // KeyPackage
	DescribeRemove        = "remove"                 // RemovedID
	DescribeExternalPSK   = "externalPSK"            // PSKID
	DescribeResumptionPSK = "resumptionPSK"          // EpochID
	DescribeExtensions    = "groupContextExtensions" // Extensions
	DescribeReInit        = "reinit"                 // Extensions, GroupID, Suite
)
