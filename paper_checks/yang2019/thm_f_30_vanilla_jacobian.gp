# The eigenvalues of $G^{\otimes2}\circ dV_\phi$ at $\mathrm{BSB1}(p,cp)$ against the correlation $c$: theorem F.30 on $\mathbb RG$ (grey), $\mathbb L$ (black) and $\mathbb M$ (blue), and differences of the
# map along $\mathbb L$ (points).
set title sprintf("A layer without normalisation, %s, B = %s", setting("phi"), setting("B"))
set xlabel "correlation c"
set ylabel "eigenvalue"
@tight
plot table using "c":"G" with lines linestyle 8 dashtype 1 linewidth 2 title "G", "" using "c":"L" with lines linestyle 1 title "L", \
     "" using "c":"M" with lines linestyle 3 title "M", "" using "c":"L_difference" with points linestyle 2 title "differences"
