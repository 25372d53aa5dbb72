# The eigenvalue of $G^{\otimes2}\circ\mathrm{DOS}(u,v,w)$ on $\mathbb L$ against the batch size: the lemma (line), Rayleigh quotients of $L_B(B-2,1)$ (points), and its limit $u-2v$
# (grey).
u = setting("u") + 0; v = setting("v") + 0
set title sprintf("DOS(%s, %s, %s) on 𝕃", number("u"), number("v"), number("w"))
set xlabel "batch size B"
set ylabel "eigenvalue"
set logscale x
set xrange [3.7:70]
set xtics (4, 8, 16, 32, 64)
set offsets 0, 0, graph 0.1, graph 0.1
plot u - 2 * v with lines linestyle 8 title "u − 2v", \
     table using "B":"lambda" with lines linestyle 1 title "lemma", "" using "B":"quotient" with points linestyle 2 title "matrices"
