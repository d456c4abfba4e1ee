/** Motifs of gifts: things to carry, wear, write, wrap and play with, and the emblems things are decorated with. */
import { svg } from "lit";

const petals = (radius, distance) => [0, 72, 144, 216, 288].map((turn) => svg`<circle cx="100" cy=${84 - distance} r=${radius} transform=${`rotate(${turn} 100 84)`}/>`);

export const gifts = {
  bag: (c) => svg`<path d="M74 82V62c0-36 52-36 52 0v20" fill="none" stroke=${c.deep} stroke-width="8" stroke-linecap="round"/>
    <path d="M42 76h116l10 80c1 6-2 9-8 9H40c-6 0-9-3-8-9Z" fill=${c.paint}/><path d="M42 76h16l-10 89h-8c-6 0-9-3-8-9Z" fill="#fff" opacity=".25"/>
    <path d="M41 84h118l1 8H40Z" fill=${c.deep} opacity=".55"/><circle cx="74" cy="86" r="5" fill=${c.accent}/><circle cx="126" cy="86" r="5" fill=${c.accent}/>`,

  tote: (c) => svg`<path d="M66 92V58c0-38 68-38 68 0v34" fill="none" stroke=${c.accent} stroke-width="9"/>
    <path d="M36 78h128v80c0 5-2 7-7 7H43c-5 0-7-2-7-7Z" fill=${c.paint}/><path d="M36 78h18v87H43c-5 0-7-2-7-7Z" fill="#fff" opacity=".22"/>
    <path d="M36 78h128v8H36z" fill=${c.deep}/><path d="M58 84h16v30H58zm68 0h16v30h-16z" fill=${c.accent}/>`,

  lunchbag: (c) => svg`<path d="M54 72h92l6 86c0 5-2 7-7 7H55c-5 0-7-2-7-7Z" fill=${c.paint}/><path d="M54 72h14l-2 93H55c-5 0-7-2-7-7Z" fill="#fff" opacity=".25"/>
    <path d="M54 72h92v20H54z" fill=${c.deep}/><path d="M62 46h76l8 26H54Z" fill=${c.light}/><path d="M86 48c0-20 28-20 28 0" fill="none" stroke=${c.deep} stroke-width="7"/>
    <rect x="90" y="82" width="20" height="22" rx="5" fill=${c.accent}/>`,

  purse: (c) => svg`<path d="M46 88c-22 30-22 77 22 77h64c44 0 44-47 22-77Z" fill=${c.paint}/><path d="M56 94c-18 26-18 58 4 70-38-8-34-48-14-76Z" fill="#fff" opacity=".3"/>
    <path d="M42 90c16-34 100-34 116 0" fill="none" stroke=${c.accent} stroke-width="10" stroke-linecap="round"/><circle cx="93" cy="56" r="8" fill=${c.accent}/><circle cx="108" cy="56" r="8" fill=${c.deep}/>`,

  umbrella: (c) => svg`<path d="M100 84v62c0 22-28 22-28 2" fill="none" stroke="#7a5b3f" stroke-width="7" stroke-linecap="round"/>
    <path d="M20 104c4-88 156-88 160 0-12-14-30-14-40 0-10-14-30-14-40 0-10-14-30-14-40 0-10-14-28-14-40 0Z" fill=${c.paint}/>
    <path d="M100 38c-22 14-38 40-40 66-10-14-28-14-40 0 2-40 36-64 80-66Zm0 0c22 14 38 40 40 66" fill=${c.deep} opacity=".25"/><path d="M100 40V26" stroke="#7a5b3f" stroke-width="6" stroke-linecap="round"/>`,

  bunting: (c) => svg`<path d="M4 50c60 40 132 40 192 0" fill="none" stroke="#8d7a62" stroke-width="4"/>
    ${[[22, 60, 9], [62, 74, 5], [100, 79, 0], [138, 74, -5], [178, 60, -9]].map(([x, y, turn], index) => svg`<path d="M-19-4h38L0 54Z"
      transform=${`translate(${x} ${y}) rotate(${turn})`} fill=${[c.paint, c.accent, c.light, c.accent, c.paint][index]}/>`)}`,

  box: (c) => svg`<path d="M42 82h116v76c0 5-2 7-7 7H49c-5 0-7-2-7-7Z" fill=${c.paint}/><path d="M34 62h132v26H34z" fill=${c.deep}/>
    <path d="M90 62h20v103H90z" fill=${c.accent}/><path d="M100 62c-8-30-48-36-44-14 2 12 24 14 44 14Zm0 0c8-30 48-36 44-14-2 12-24 14-44 14Z" fill=${c.accent}/>
    <path d="M100 62c-6-16-28-22-28-12 0 6 14 10 28 12Zm0 0c6-16 28-22 28-12 0 6-14 10-28 12Z" fill=${c.ground}/>`,

  card: (c) => svg`<path d="M34 70h132v88H34z" fill="#fffaf0" transform="rotate(-7 100 110)"/><path d="m34 70 66 50 66-50" fill="none" stroke="#d6cbb8" stroke-width="4" transform="rotate(-7 100 110)"/>
    <g transform="rotate(5 110 90)"><rect x="58" y="36" width="88" height="108" rx="3" fill=${c.paint}/><rect x="66" y="44" width="72" height="92" fill="none" stroke="#fffaf0" stroke-width="2.5" opacity=".85"/>
    <path d="M102 112c-32-22-24-44-11-44 6 0 11 5 11 10 0-5 5-10 11-10 13 0 21 22-11 44Z" fill=${c.accent}/></g>`,

  book: (c) => svg`<path d="M50 42h92c6 0 8 2 8 8v108H58c-10 0-14-5-14-13V50c0-5 2-8 6-8Z" fill=${c.deep}/><path d="M50 146h100v14H58c-8 0-8-14 0-14Z" fill="#fffaf0"/>
    <path d="M52 36h92c4 0 6 2 6 6v104H58c-8 0-12 3-14 8V44c0-5 3-8 8-8Z" fill=${c.paint}/><rect x="72" y="58" width="56" height="34" rx="3" fill="#fffaf0"/><path d="M82 70h36m-28 11h20" stroke=${c.deep} stroke-width="3"/>
    <path d="M58 36v111" stroke="#fff" stroke-width="3" opacity=".4"/><path d="M118 146h13v26l-6.5-6-6.5 6Z" fill=${c.accent}/>`,

  pencil: (c) => svg`${[[-16, 70, c.accent], [0, 100, c.main], [16, 130, c.light]].map(([turn, x, ink]) => svg`<g transform=${`translate(${x} 150) rotate(${turn})`}>
      <path d="M-12-98h24V0h-24Z" fill=${ink}/><path d="M-4-98h8V0h-8Z" fill="#fff" opacity=".3"/><path d="M-12-98 0-124l12 26Z" fill="#f0dab6"/><path d="m-5-113 5-11 5 11Z" fill="#3d4348"/></g>`)}
    <path d="M56 112h88l-6 48c0 4-3 5-6 5H68c-3 0-6-1-6-5Z" fill=${c.paint}/><path d="M54 108h92v12H54z" fill=${c.deep}/>`,

  wrap: (c) => svg`<g transform="rotate(-28 100 100)"><rect x="20" y="66" width="160" height="42" rx="6" fill=${c.paint}/><ellipse cx="178" cy="87" rx="9" ry="21" fill=${c.light}/><ellipse cx="178" cy="87" rx="4" ry="10" fill=${c.deep}/>
    <path d="M84 66h22v42H84z" fill=${c.accent}/></g><g transform="translate(-6 46) rotate(-10 100 100)"><rect x="24" y="76" width="150" height="34" rx="6" fill=${c.deep}/><ellipse cx="172" cy="93" rx="7" ry="17" fill=${c.light}/></g>`,

  ribbon: (c) => svg`<ellipse cx="100" cy="146" rx="52" ry="16" fill=${c.deep}/><path d="M60 80h80v62c0 12-80 12-80 0Z" fill=${c.paint}/><ellipse cx="100" cy="78" rx="52" ry="16" fill=${c.deep}/>
    <ellipse cx="100" cy="75" rx="52" ry="16" fill=${c.light}/><ellipse cx="100" cy="75" rx="16" ry="5" fill=${c.deep}/><path d="M140 104c30 0 10 40 40 46l-8 12c-40-4-22-40-36-42Z" fill=${c.paint}/>`,

  jewellery: (c) => svg`<path d="M46 32c-10 66 20 92 54 98 34-6 64-32 54-98" fill="none" stroke=${c.deep} stroke-width="3.5"/>
    ${[[47, 56], [54, 80], [69, 102], [131, 102], [146, 80], [153, 56]].map(([x, y]) => svg`<circle cx=${x} cy=${y} r="7" fill=${c.light}/>`)}
    <path d="M100 168c-36-26-28-50-13-50 7 0 13 6 13 11 0-5 6-11 13-11 15 0 23 24-13 50Z" fill=${c.main}/><path d="M84 128c-5 2-6 8-4 14" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" opacity=".7"/>`,

  ring: (c) => svg`<circle cx="100" cy="116" r="46" fill="none" stroke=${c.deep} stroke-width="12"/><circle cx="100" cy="116" r="46" fill="none" stroke=${c.light} stroke-width="4"/>
    <path d="M78 36h44l16 18-38 36-38-36Z" fill=${c.main}/><path d="M78 36 90 54l10-18 10 18 12-18M62 54h76M90 54l10 36 10-36" fill="none" stroke="#fff" stroke-width="2.5" opacity=".7"/>`,

  star: (c) => svg`<path d="M100 12v30" stroke="#8d7a62" stroke-width="3"/><path d="m100 38 18 44 48 4-37 31 12 47-41-26-41 26 12-47-37-31 48-4Z" fill=${c.paint} stroke=${c.paint} stroke-width="8" stroke-linejoin="round"/>
    <path d="m100 38 18 44-18 24Zm66 48-37 31-29-11Zm-25 78-41-26v-32Zm-82 0 12-47 29-11ZM34 86l48-4 18 24Z" fill="#fff" opacity=".22"/>`,

  bauble: (c) => svg`<path d="M100 10v34" stroke="#8d7a62" stroke-width="3"/><rect x="88" y="42" width="24" height="16" rx="3" fill="#cfa24d"/><circle cx="100" cy="110" r="54" fill=${c.paint}/>
    <path d="M48 96q13-12 26 0t26 0 26 0 26 0v26q-13 12-26 0t-26 0-26 0-26 0Z" fill=${c.light} opacity=".85"/><ellipse cx="78" cy="78" rx="9" ry="14" fill="#fff" opacity=".5" transform="rotate(35 78 78)"/>`,

  tree: (c) => svg`<path d="M90 140h20v25H90z" fill="#8d6a4a"/><path d="m100 30 36 48h-18l30 40h-20l28 32H44l28-32H52l30-40H64Z" fill="#5f8d68"/>
    <path d="m100 30 36 48h-18l30 40h-20l28 32h-56Z" fill="#47744b" opacity=".5"/><path d="m100 16 4 10 11 1-8 7 2 11-9-6-9 6 2-11-8-7 11-1Z" fill="#e8b94a"/>
    <g fill=${c.accent}><circle cx="90" cy="72" r="6"/><circle cx="116" cy="100" r="6"/><circle cx="82" cy="114" r="6"/><circle cx="110" cy="136" r="6"/></g>`,

  flower: (c) => svg`<path d="M100 100c0 30-2 46-6 65" fill="none" stroke="#5f8d68" stroke-width="7"/><path d="M96 146c-30 4-42-12-44-26 24-4 42 6 44 26Zm2-8c4-20 20-28 40-26-2 18-16 28-40 26Z" fill="#7da878"/>
    <g fill=${c.main}>${petals(25, 32)}</g><g fill=${c.light} opacity=".6">${petals(12, 26)}</g><circle cx="100" cy="84" r="17" fill=${c.accent}/>`,

  heart: (c) => svg`<path d="M100 8v46" stroke="#8d7a62" stroke-width="3"/><path d="M100 164C22 112 36 46 72 46c16 0 28 12 28 24 0-12 12-24 28-24 36 0 50 66-28 118Z" fill=${c.paint}/>
    <path d="M62 62c-12 8-14 24-8 40" fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round" opacity=".55"/>`,

  bird: (c) => svg`<path d="M96 146v20m16-20v20" stroke="#8d6a4a" stroke-width="4"/><path d="M20 92l36 8-8 22Z" fill=${c.deep}/><path d="M44 104c8-34 44-36 60-42 8-24 50-22 48 8-2 44-12 78-56 78-28 0-56-14-52-44Z" fill=${c.paint}/>
    <path d="M62 106c16-14 44-12 54 2-10 28-44 30-54-2Z" fill=${c.deep}/><path d="m150 66 22 7-21 9Z" fill="#e8a33c"/><circle cx="132" cy="68" r="5" fill="#2b2b2b"/>`,

  butterfly: (c) => svg`<path d="M98 100C60 30 22 44 26 80c2 20 24 28 70 26Zm4 0c38-70 76-56 72-20-2 20-24 28-70 26Z" fill=${c.paint}/><path d="M98 104c-40 4-56 22-46 42 12 18 40 0 46-42Zm4 0c40 4 56 22 46 42-12 18-40 0-46-42Z" fill=${c.accent}/>
    <path d="M100 74v70" stroke="#4c4038" stroke-width="8" stroke-linecap="round"/><path d="M98 72c-4-16-12-22-20-24m24 24c4-16 12-22 20-24" fill="none" stroke="#4c4038" stroke-width="3"/>`,

  toy: (c) => svg`<circle cx="66" cy="56" r="20" fill=${c.deep}/><circle cx="134" cy="56" r="20" fill=${c.deep}/><ellipse cx="100" cy="142" rx="46" ry="34" fill=${c.main}/><ellipse cx="100" cy="146" rx="28" ry="22" fill=${c.light}/>
    <ellipse cx="54" cy="128" rx="14" ry="20" fill=${c.deep} transform="rotate(28 54 128)"/><ellipse cx="146" cy="128" rx="14" ry="20" fill=${c.deep} transform="rotate(-28 146 128)"/>
    <circle cx="100" cy="82" r="44" fill=${c.main}/><ellipse cx="100" cy="96" rx="20" ry="15" fill=${c.light}/><path d="M92 90h16l-8 8Z" fill="#3d2f28"/><circle cx="83" cy="76" r="4.5" fill="#3d2f28"/><circle cx="117" cy="76" r="4.5" fill="#3d2f28"/>
    <path d="M100 120c-24-14-24 12 0 2 24 10 24-16 0-2Z" fill=${c.accent}/>`,

  doll: (c) => svg`<path d="M100 28c34 0 44 26 38 50 24 20 28 87-8 87H70c-36 0-32-67-8-87-6-24 4-50 38-50Z" fill=${c.paint}/><circle cx="100" cy="68" r="27" fill="#f6dcc3"/><path d="M73 66c6-26 48-26 54 0-14-4-22-8-27-14-5 6-13 10-27 14Z" fill="#6b4a33"/>
    <circle cx="90" cy="72" r="3" fill="#3d2f28"/><circle cx="110" cy="72" r="3" fill="#3d2f28"/><path d="M94 83q6 5 12 0" fill="none" stroke="#b5473d" stroke-width="3"/><ellipse cx="100" cy="132" rx="28" ry="25" fill=${c.light}/>
    <g fill=${c.accent}><circle cx="100" cy="122" r="8"/><circle cx="90" cy="134" r="8"/><circle cx="110" cy="134" r="8"/></g>`,

  parcel: (c) => svg`<path d="m100 44 62 26v68l-62 28-62-28V70Z" fill=${c.paint}/><path d="m38 70 62 28 62-28-62-26Z" fill=${c.light}/><path d="M100 98v68l62-28V70Z" fill=${c.deep} opacity=".55"/>
    <path d="m69 57 62 27v26l-13 5V90L56 63Z" fill=${c.accent}/>`,
};
