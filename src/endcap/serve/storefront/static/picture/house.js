/** Motifs of the house: light, walls, textiles and garden. */
import { svg } from "lit";

const flame = svg`<path d="M100 36c9 12 12 18 12 25a12 12 0 0 1-24 0c0-7 3-13 12-25Z" fill="#f2b544"/>
  <path d="M100 52c4 5 5 8 5 11a5 5 0 0 1-10 0c0-3 1-6 5-11Z" fill="#fff3cf"/>`;

export const house = {
  candle: (c) => svg`<circle cx="100" cy="56" r="34" fill="#fff3cf" opacity=".6"/>${flame}<path d="M100 72v14" stroke="#5a4a3c" stroke-width="3"/>
    <path d="M70 90c0-9 60-9 60 0v66c0 12-60 12-60 0Z" fill=${c.paint}/><ellipse cx="100" cy="89" rx="30" ry="7" fill=${c.light}/>
    <path d="M70 92c6 4 10 3 12 6 3 6-1 18 4 22 4-2 1-16 4-20V162c-12-1-20-3-20-6Z" fill="#fff" opacity=".25"/>
    <path d="M46 156h108c0 8-20 12-54 12s-54-4-54-12Z" fill=${c.accent}/>`,

  tealight: (c) => svg`<circle cx="100" cy="102" r="62" fill="#fff3cf" opacity=".32"/>
    <path d="M44 84c0 50 8 81 32 81h48c24 0 32-31 32-81-12 8-100 8-112 0Z" fill=${c.paint} opacity=".84"/>
    <path d="M54 92c2 40 8 60 20 68-16-6-24-34-24-70Z" fill="#fff" opacity=".5"/><ellipse cx="100" cy="84" rx="56" ry="9" fill="none" stroke=${c.deep} stroke-width="4"/>
    <circle cx="100" cy="116" r="25" fill="#fff3cf" opacity=".75"/><g transform="translate(0 62)">${flame}</g>
    <path d="M72 142c0-7 56-7 56 0v14H72Z" fill="#fffaf0"/><path d="M72 142c0 7 56 7 56 0" fill="none" stroke=${c.deep} stroke-width="2" opacity=".5"/>`,

  lantern: (c) => svg`<circle cx="100" cy="30" r="10" fill="none" stroke=${c.deep} stroke-width="5"/><path d="M58 72 88 42h24l30 30Z" fill=${c.main}/>
    <rect x="58" y="72" width="84" height="82" fill="#fff3cf"/><g transform="translate(0 46)">${flame}</g><rect x="88" y="120" width="24" height="34" fill="#fffaf0"/>
    <path d="M58 72h84v82H58Zm8 8v66h68V80Z" fill=${c.main} fill-rule="evenodd"/><path d="M100 78v-6" stroke=${c.deep} stroke-width="4"/>
    <path d="M50 68h100v9H50zM50 152h100v13H50z" fill=${c.deep}/>`,

  lights: (c) => svg`<path d="M8 50c40 40 60 46 92 44s60-14 92-54" fill="none" stroke="#48564c" stroke-width="4"/>
    ${[[34, 74], [66, 90], [100, 94], [134, 88], [166, 66]].map(([x, y], index) => svg`<g transform=${`translate(${x} ${y})`}>
      <circle cy="24" r="22" fill="#fff3cf" opacity=".7"/><path d="M0 8c14 8 14 32 0 38-14-6-14-30 0-38Z" fill=${[c.main, c.accent, c.light][index % 3]}/>
      <rect x="-5" y="-2" width="10" height="12" rx="2" fill="#48564c"/></g>`)}`,

  lamp: (c) => svg`<path d="M94 100h12v50H94z" fill=${c.deep}/><path d="M68 165c0-12 16-17 32-17s32 5 32 17Z" fill=${c.deep}/>
    <path d="M74 36h52l28 70H46Z" fill=${c.paint}/><path d="M74 36h14l-18 70H46Z" fill="#fff" opacity=".3"/><path d="M46 106h108l-3-8H49Z" fill=${c.accent}/>`,

  clock: (c) => svg`<path d="M58 160l14-20m70 20-14-20" stroke=${c.deep} stroke-width="9" stroke-linecap="round"/>
    <path d="M44 62c0-22 28-34 40-16L52 76c-5-3-8-8-8-14Zm112 0c0-22-28-34-40-16l32 30c5-3 8-8 8-14Z" fill=${c.accent}/>
    <circle cx="100" cy="104" r="58" fill=${c.paint}/><circle cx="100" cy="104" r="45" fill="#fffaf0"/>
    <path d="M100 66v7m0 62v7m38-38h-7m-62 0h-7" stroke=${c.deep} stroke-width="4"/><path d="M100 104V78m0 26 20 12" stroke="#33302c" stroke-width="5" stroke-linecap="round"/>
    <circle cx="100" cy="104" r="5" fill="#33302c"/>`,

  frame: (c) => svg`<path d="m100 20-34 26m34-26 34 26" fill="none" stroke="#6b655c" stroke-width="3"/><circle cx="100" cy="20" r="4" fill="#6b655c"/>
    <rect x="44" y="44" width="112" height="121" rx="4" fill=${c.paint}/><path d="M44 48c0-3 1-4 4-4h104l-13 13H57v95l-13 13Z" fill="#fff" opacity=".28"/>
    <rect x="57" y="57" width="86" height="95" fill="#fffaf0"/><rect x="66" y="66" width="68" height="77" fill=${c.ground}/>
    <path d="m66 143 24-34 16 18 12-14 16 20v10Z" fill=${c.deep} opacity=".7"/><circle cx="116" cy="86" r="8" fill=${c.accent}/>`,

  mirror: (c) => svg`<ellipse cx="100" cy="92" rx="54" ry="66" fill=${c.paint}/><ellipse cx="100" cy="92" rx="54" ry="66" fill="none" stroke=${c.deep} stroke-width="3" stroke-dasharray="2 9" stroke-linecap="round"/>
    <ellipse cx="100" cy="92" rx="41" ry="53" fill="#dbe9ea"/><path d="m76 110 40-52m-22 66 36-48" stroke="#fff" stroke-width="7" stroke-linecap="round" opacity=".8"/>
    <path d="M82 158h36l8 8H74Z" fill=${c.deep}/><circle cx="100" cy="27" r="9" fill=${c.accent}/>`,

  sign: (c) => svg`<path d="M62 78 100 34l38 44" fill="none" stroke="#8d7a62" stroke-width="4"/><circle cx="100" cy="33" r="5" fill="#6b655c"/>
    <rect x="28" y="76" width="144" height="66" rx="7" fill=${c.paint}/><rect x="36" y="84" width="128" height="50" rx="3" fill="#fffaf0" opacity=".92"/>
    <path d="M54 102h34m10 0h48M62 118h22m10 0h44" stroke=${c.deep} stroke-width="6" stroke-linecap="round"/>`,

  hook: (c) => svg`<rect x="26" y="58" width="148" height="32" rx="7" fill=${c.paint}/><path d="M26 65c0-5 2-7 7-7h134c5 0 7 2 7 7v3H26Z" fill="#fff" opacity=".3"/>
    ${[58, 100, 142].map((x) => svg`<g transform=${`translate(${x} 0)`}><circle cy="76" r="9" fill=${c.accent}/>
      <path d="M0 80v38c0 22 22 22 22 4" fill="none" stroke=${c.deep} stroke-width="8" stroke-linecap="round"/><circle cx="22" cy="120" r="6" fill=${c.accent}/></g>`)}`,

  hanger: (c) => svg`<path d="M100 74V62c20-4 20-32 0-32-9 0-14 6-14 14" fill="none" stroke="#8b959c" stroke-width="6" stroke-linecap="round"/>
    <path d="M100 72c8 0 72 48 74 56 2 10-8 12-14 8l-46-27c-8-5-20-5-28 0l-46 27c-6 4-16 2-14-8 2-8 66-56 74-56Z" fill=${c.paint}/>
    <path d="M86 124c-4 14 10 14 14 4 4 10 18 10 14-4-2-8-10-8-14-2-4-6-12-6-14 2Z" fill=${c.accent}/>`,

  cushion: (c) => svg`<path d="M34 52c20 8 112 8 132 0 8 20 8 92 0 112-20-8-112-8-132 0-8-20-8-92 0-112Z" fill=${c.paint}/>
    <path d="M34 52c20 8 112 8 132 0 4 10 6 32 6 56-40-28-110-30-144-2 0-24 2-44 6-54Z" fill="#fff" opacity=".2"/>
    <circle cx="100" cy="108" r="9" fill=${c.accent}/><g fill=${c.deep}><circle cx="32" cy="50" r="7"/><circle cx="168" cy="50" r="7"/><circle cx="32" cy="166" r="7"/><circle cx="168" cy="166" r="7"/></g>`,

  doormat: (c) => svg`<path d="M22 66h156v84H22Z" fill=${c.paint}/><path d="M32 76h136v64H32Z" fill="none" stroke="#fffaf0" stroke-width="3" opacity=".8"/>
    <path d="M22 62v92M178 62v92" stroke=${c.deep} stroke-width="10" stroke-dasharray="4 4"/><path d="M56 96h88v24H56Z" fill="#fffaf0"/>
    <path d="M68 108h14m8 0h26m8 0h8" stroke=${c.deep} stroke-width="6" stroke-linecap="round"/>`,

  hottie: (c) => svg`<rect x="84" y="28" width="32" height="16" rx="5" fill=${c.accent}/><path d="M80 42h40l-4 20c26 4 36 14 36 34v48c0 14-8 21-22 21H70c-14 0-22-7-22-21V96c0-20 10-30 36-34Z" fill=${c.paint}/>
    <path d="M80 66c-20 4-24 14-24 30v50c0 8 3 14 8 17-10-1-16-8-16-19V96c0-20 10-30 36-34Z" fill="#fff" opacity=".3"/>
    <path d="M100 138c-34-22-26-46-12-46 7 0 12 6 12 10 0-4 5-10 12-10 14 0 22 24-12 46Z" fill=${c.light}/>`,

  cabinet: (c) => svg`<path d="M44 44h112v114H44z" fill=${c.paint}/><path d="M38 36h124v12H38z" fill=${c.deep}/><path d="M52 158h12v10H52zm84 0h12v10h-12z" fill=${c.deep}/>
    ${[56, 90, 124].map((y) => svg`<rect x="54" y=${y} width="92" height="28" rx="3" fill="#fff" opacity=".3"/><circle cx="100" cy=${y + 14} r="5" fill=${c.accent}/>`)}`,

  basket: (c) => svg`<path d="M50 92c0-74 100-74 100 0" fill="none" stroke=${c.deep} stroke-width="8"/><path d="M32 88h136l-16 70c-1 5-4 7-9 7H57c-5 0-8-2-9-7Z" fill=${c.paint}/>
    <path d="M40 112h120M45 136h110M74 90l6 74m20-74v74m26-74-6 74" stroke=${c.deep} stroke-width="3" opacity=".5"/><rect x="28" y="82" width="144" height="14" rx="7" fill=${c.deep}/>`,

  plantpot: (c) => svg`<g fill="#6b9a6b"><path d="M98 92C64 84 54 58 58 36c28 6 42 28 40 56Z"/><path d="M102 92c34-8 44-34 40-56-28 6-42 28-40 56Z"/></g><path d="M100 94c-14-24-14-48 0-68 14 20 14 44 0 68Z" fill="#8fb685"/>
    <path d="M54 106h92l-12 54c-1 4-3 5-7 5H73c-4 0-6-1-7-5Z" fill=${c.paint}/><rect x="48" y="92" width="104" height="18" rx="4" fill=${c.deep}/>`,
};
