# $\langle T\{\Sigma\},\Sigma'\rangle$ against $\langle\Sigma,T\{\Sigma'\}\rangle$ for random ultrasymmetric operators and random pairs, over the norms: with the projection before and after
# $T$ (red) all lie on the diagonal, without it (grey) they don't.
set title "Self-adjoint between centrings, B = ".setting("B")
set xlabel "⟨T{Σ}, Σ′⟩ / |Σ||Σ′|"
set ylabel "⟨Σ, T{Σ′}⟩ / |Σ||Σ′|"
plot x with lines linestyle 3, \
     table using (pick("not projected", column("left"))):"right" with points linestyle 8 pointtype 7 pointsize 0.6 title "T alone", \
     "" using (pick("projected", column("left"))):"right" with points linestyle 2 pointsize 0.7 title "projected"
