# The eigenvalue between the blocks of a centred BSB2 matrix, $d_1,f_1=2.5,0.6$, $d_2,f_2=0.3,0.1$, $c=-0.05$, against the size of the first block: theorem K.2 (line), and the trace
# of the matrix less the eigenvalues within blocks (points).
set title "Eigenvalue between two blocks, B = ".setting("B")
set xlabel "size of the first block, B_1"
set ylabel "eigenvalue on q"
@tight
plot table using "B1":"q" with lines linestyle 1 title "theorem K.2", "" using "B1":"q_matrix" with points linestyle 2 title "matrix"
