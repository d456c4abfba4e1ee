/** Motifs of the kitchen and the table. Each draws on a 200 × 200 sheet, standing on about y = 165. */
import { svg } from "lit";

/** @typedef {import("./palette.js").Palette & {paint: string}} Paint */

const steam = svg`<g fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" opacity=".75">
  <path d="M84 50c-7-8 7-12 0-21"/><path d="M106 50c-7-8 7-12 0-21"/></g>`;

export const table = {
  mug: (c) => svg`${steam}
    <path d="M132 84h14c15 0 24 10 24 25s-10 26-25 26h-13v-12h11c9 0 14-5 14-14s-5-13-13-13h-12Z" fill=${c.deep}/>
    <path d="M52 66h86v78c0 12-8 21-20 21H72c-12 0-20-9-20-21Z" fill=${c.paint}/>
    <path d="M52 66h14v99c-9-2-14-10-14-21Z" fill="#fff" opacity=".22"/>
    <ellipse cx="95" cy="66" rx="43" ry="8" fill=${c.deep}/>`,

  teacup: (c) => svg`${steam}
    <ellipse cx="98" cy="154" rx="72" ry="11" fill=${c.deep}/><ellipse cx="98" cy="150" rx="72" ry="11" fill=${c.light}/>
    <path d="M140 90c28-6 36 30-4 36v-9c24-4 22-23 2-18Z" fill=${c.deep}/>
    <path d="M46 78h98c0 44-18 70-49 70S46 122 46 78Z" fill=${c.paint}/>
    <ellipse cx="95" cy="78" rx="49" ry="9" fill=${c.deep}/><ellipse cx="95" cy="80" rx="42" ry="6" fill="#a8693a"/>`,

  teapot: (c) => svg`<path d="M50 112C30 106 32 84 18 78l10-8c20 10 16 20 32 26Z" fill=${c.deep}/>
    <path d="M142 84c46-10 46 54-4 56v-11c32-2 32-40 2-33Z" fill=${c.deep}/>
    <path d="M100 66c38 0 56 26 52 58-2 24-18 38-34 41H82c-18-4-32-18-34-41-4-32 14-58 52-58Z" fill=${c.paint}/>
    <path d="M66 76c-12 12-14 48-2 72-20-20-20-58 2-72Z" fill="#fff" opacity=".35"/>
    <path d="M68 74c6-18 58-18 64 0-20 6-44 6-64 0Z" fill=${c.deep}/><circle cx="100" cy="52" r="8" fill=${c.accent}/>`,

  bowl: (c) => svg`<path d="M30 88h140c0 40-24 68-52 72v5H82v-5c-28-4-52-32-52-72Z" fill=${c.paint}/>
    <path d="M30 88h22c2 40 14 62 34 72-32-2-56-30-56-72Z" fill="#fff" opacity=".25"/>
    <ellipse cx="100" cy="88" rx="70" ry="13" fill=${c.deep}/><ellipse cx="100" cy="90" rx="60" ry="9" fill=${c.light}/>`,

  plate: (c) => svg`<circle cx="100" cy="100" r="70" fill=${c.deep} opacity=".5"/><circle cx="100" cy="97" r="70" fill=${c.paint}/>
    <circle cx="100" cy="97" r="46" fill=${c.light}/><circle cx="100" cy="97" r="46" fill="none" stroke=${c.deep} stroke-width="2" opacity=".6"/>
    <path d="M60 76a46 46 0 0 1 30-24" fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round"/>`,

  cutlery: (c) => svg`<g stroke-linecap="round"><path d="M62 112v48M100 98v62M138 112v48" stroke=${c.paint} stroke-width="13"/>
    <path d="M62 40v62M50 40v22c0 16 24 16 24 0V40" fill="none" stroke="#8b959c" stroke-width="6"/>
    <path d="M100 36c12 8 16 40 8 62h-8Z" fill="#aab3b9"/></g><ellipse cx="138" cy="58" rx="16" ry="23" fill="#aab3b9"/>
    <path d="M138 78v28" stroke="#8b959c" stroke-width="7"/>`,

  cake: (c) => svg`<path d="M60 112h80l-11 48c-1 4-3 5-6 5H77c-3 0-5-1-6-5Z" fill=${c.accent}/>
    <path d="m78 112 6 53m10-53 2 53m26-53-6 53m-10-53-2 53" stroke="#fff" stroke-width="4" opacity=".5"/>
    <path d="M50 112c-8-20 8-30 18-30 2-16 18-22 30-20 18-8 36 6 34 20 16 0 26 16 18 30-18 10-80 10-100 0Z" fill=${c.paint}/>
    <path d="M66 96c2-8 8-8 12-8m4-12c4-6 8-6 14-6" fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".7"/>
    <circle cx="103" cy="52" r="11" fill="#c8453b"/><path d="M104 42c2-8 8-12 14-13" fill="none" stroke="#5d7d4c" stroke-width="3"/>`,

  cakestand: (c) => svg`<path d="M92 92h16v52c0 8 20 12 26 21H66c6-9 26-13 26-21Z" fill=${c.deep}/>
    <path d="M62 70q0-34 38-34t38 34v18H62Z" fill="#f3dcb8"/><path d="M62 70q0-34 38-34t38 34c-6 10-14 0-20 6s-14-2-20 2-14-6-20-1-12-1-16-7Z" fill=${c.light}/>
    <circle cx="100" cy="33" r="7" fill="#c8453b"/><path d="M26 86h148c0 12-10 18-26 18H52c-16 0-26-6-26-18Z" fill=${c.paint}/>
    <path d="M26 86h148v5H26z" fill="#fff" opacity=".4"/>`,

  jar: (c) => svg`<path d="M62 72c-12 6-14 14-14 22v56c0 10 6 15 16 15h72c10 0 16-5 16-15V94c0-8-2-16-14-22Z" fill="#e2efee" opacity=".92"/>
    <path d="M52 108h96v40c0 9-5 13-14 13H66c-9 0-14-4-14-13Z" fill=${c.main}/>
    <rect x="66" y="104" width="68" height="36" rx="4" fill="#fffaf0"/><path d="M78 117h44m-36 10h28" stroke=${c.deep} stroke-width="3"/>
    <path d="M56 44h88l6 26c-30 9-70 9-100 0Z" fill=${c.paint}/><path d="M52 66c30 9 66 9 96 0" fill="none" stroke=${c.accent} stroke-width="5"/>`,

  bottle: (c) => svg`<path d="M84 30h32v34c0 12 22 16 22 40v48c0 9-4 13-12 13H74c-8 0-12-4-12-13v-48c0-24 22-28 22-40Z" fill=${c.main}/>
    <path d="M84 30h10v38c0 12-22 16-22 40v54c-7-1-10-5-10-12v-46c0-24 22-28 22-40Z" fill="#fff" opacity=".28"/>
    <rect x="62" y="108" width="76" height="36" fill="#fffaf0"/><path d="M76 120h48m-40 11h32" stroke=${c.deep} stroke-width="3"/>
    <rect x="80" y="22" width="40" height="15" rx="4" fill=${c.accent}/>`,

  jug: (c) => svg`<path d="M136 70c34-6 34 56-6 60v-11c24-4 22-42 4-38Z" fill=${c.deep}/>
    <path d="M50 44c-2 10 10 16 12 30 2 16-12 28-12 56 0 22 10 35 26 35h42c16 0 26-13 26-35 0-28-14-40-12-56 1-10 8-18 8-30Z" fill=${c.paint}/>
    <path d="M62 48c4 10 12 16 12 28-2 20-14 30-12 60 1 14 5 24 12 29-16-2-24-16-24-35 0-28 14-40 12-56-2-14-14-20-12-30Z" fill="#fff" opacity=".25"/>
    <ellipse cx="95" cy="45" rx="45" ry="7" fill=${c.deep}/>`,

  tin: (c) => svg`<path d="M46 76h108v74c0 20-108 20-108 0Z" fill=${c.paint}/><path d="M46 76h16v84c-10-2-16-6-16-10Z" fill="#fff" opacity=".25"/>
    <path d="M42 58h116v20c0 16-116 16-116 0Z" fill=${c.deep}/><ellipse cx="100" cy="58" rx="58" ry="13" fill=${c.light}/>
    <ellipse cx="100" cy="57" rx="40" ry="8" fill="none" stroke=${c.deep} stroke-width="2" opacity=".6"/>
    <ellipse cx="100" cy="122" rx="28" ry="21" fill="#fffaf0"/><ellipse cx="100" cy="122" rx="23" ry="16" fill="none" stroke=${c.accent} stroke-width="3"/>`,

  lunchbox: (c) => svg`<path d="M74 72V56c0-8 5-12 12-12h28c7 0 12 4 12 12v16h-10V58c0-3-1-4-4-4H88c-3 0-4 1-4 4v14Z" fill=${c.deep}/>
    <rect x="34" y="70" width="132" height="95" rx="14" fill=${c.paint}/><path d="M34 84c0-9 5-14 14-14h104c9 0 14 5 14 14v22H34Z" fill="#fff" opacity=".3"/>
    <path d="M34 104h132v5H34z" fill=${c.deep}/><rect x="58" y="96" width="18" height="22" rx="4" fill=${c.accent}/><rect x="124" y="96" width="18" height="22" rx="4" fill=${c.accent}/>`,

  egg: (c) => svg`<path d="M66 134h68l-10 26c-1 3-3 5-6 5H82c-3 0-5-2-6-5Z" fill=${c.accent}/>
    <path d="M100 38c26 0 42 40 42 64s-16 42-42 42-42-18-42-42 16-64 42-64Z" fill=${c.paint}/>
    <path d="M60 92q10-12 20 0t20 0 20 0 20 0" fill="none" stroke="#fffaf0" stroke-width="6"/><ellipse cx="82" cy="68" rx="7" ry="14" fill="#fff" opacity=".45"/>`,

  apron: (c) => svg`<path d="M76 60c0-32 48-32 48 0" fill="none" stroke=${c.deep} stroke-width="6"/>
    <path d="M70 56h60c2 22 10 32 26 38l-8 71H52l-8-71c16-6 24-16 26-38Z" fill=${c.paint}/>
    <path d="M72 110h56v22c0 10-8 16-16 16H88c-8 0-16-6-16-16Z" fill=${c.light}/><path d="M72 118h56" stroke=${c.deep} stroke-width="2.5" stroke-dasharray="5 4"/>`,
};
