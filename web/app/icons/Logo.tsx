/** Logo is the sign of Parley: two bubbles that lean on each other. size is in rem. The drawing is icons/draw's. */
export function Logo({ size = 4 }: { size?: number }) {
  return (
    <svg class="logo" viewBox="0 0 512 512" width={`${size}rem`} height={`${size}rem`} aria-hidden="true">
      <rect width="512" height="512" rx="128" fill="#3f50ee" />
      <rect x="228" y="232" width="208" height="164" rx="74" fill="#9dacff" />
      <rect x="356" y="316" width="80" height="80" rx="18" fill="#9dacff" />
      <rect x="62" y="98" width="290" height="236" rx="104" fill="#3f50ee" />
      <rect x="76" y="112" width="262" height="208" rx="92" fill="#fff" />
      <rect x="76" y="238" width="82" height="82" rx="20" fill="#fff" />
      <rect x="124" y="198" width="38" height="38" rx="19" fill="#3f50ee" />
      <rect x="188" y="198" width="38" height="38" rx="19" fill="#3f50ee" />
      <rect x="252" y="198" width="38" height="38" rx="19" fill="#3f50ee" />
    </svg>
  );
}
